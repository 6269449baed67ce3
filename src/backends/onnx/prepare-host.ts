/** Prepares a model for the CPU: how its weights lie in memory, and whether they fit, are decided before any is read. */
import { totalmem } from 'node:os';
import { UserError } from '../../errors.js';
import { type AvailableMemory, availableMemory } from '../../machine-memory.js';
import type { MatrixStorage } from './graph-builder.js';
import {
  chooseStorage,
  fitOf,
  type HostMemory,
  hostMemory,
  nearLine,
  type Room,
  type RunSize,
  roomOf,
  sizeWords,
  tooLarge,
} from './host-memory.js';
import { type PreparedModel, prepareModel } from './prepare-model.js';

export interface HostOptions {
  readonly folder: string;
  readonly adapter?: string;
  readonly dtype: 'auto' | 'float32' | 'float16' | 'bfloat16';
  readonly batchTokens?: number;
  /** Bytes that may be taken, instead of what is free. */
  readonly memory?: number;
  readonly modelName: string;
}

export interface HostModel {
  readonly model: PreparedModel;
  readonly storage: MatrixStorage;
  /** Null for an export, of which nothing is known beforehand. */
  readonly need: HostMemory | null;
  readonly room: Room;
}

/** Tokens per run on a CPU: large enough for full speed of the matrix products, small enough to waste little attention. */
const RUN_TOKENS = 384;
/** Tokens per run where matrices are widened in each run: what that takes is spread over more of them. */
const STORED_RUN_TOKENS = 1024;
/** Bytes of logits per run. */
export const LOGIT_BYTES = 128 * 1024 * 1024;
/** Bytes of slots that are always allowed. */
const SLOT_BYTES = 64 * 1024 * 1024;

/**
 * Returns the bytes that all slots together may take: a sixth of what the weights take, so that memory stays near that of the model alone (a model whose caches are small beside its weights
 * still generates many documents at once, where it gains most), and never more than an eighth of the machine's memory.
 */
export function slotBytes(parameters: number | null): number {
  const weights = parameters === null ? Number.POSITIVE_INFINITY : 4 * parameters;
  return Math.min(totalmem() / 8, Math.max(SLOT_BYTES, weights / 6));
}

/**
 * Returns the tokens of a run.
 */
export function runTokens(storage: MatrixStorage, given: number | undefined): number {
  return given ?? (storage === 'as stored' ? STORED_RUN_TOKENS : RUN_TOKENS);
}

function needOf({ memory, size }: PreparedModel, storage: MatrixStorage, batchTokens: number | undefined): HostMemory | null {
  if (memory === null || size === null) return null;
  const run: RunSize = { runTokens: runTokens(storage, batchTokens), logitBytes: LOGIT_BYTES, slotBytes: 0 };
  return hostMemory(memory, size, run);
}

/**
 * Reads the model's folder (headers, no weights) and decides. Matrices of 16 bits stay as they are stored where `dtype` asks for it, or where float32 is left open and does not fit.
 * With `check` null nothing is refused. Throws `UserError` as `prepareModel` does, for a dtype of 16 bits that the files do not have, and for a model that does not fit.
 */
export async function prepareHost(
  options: HostOptions,
  check: ((line: string) => void) | null,
  machine: AvailableMemory = availableMemory(),
): Promise<HostModel> {
  const { folder, dtype, batchTokens, modelName } = options;
  const room = roomOf(options.memory ?? null, machine);
  const prepare = async (storage: MatrixStorage): Promise<HostModel> => {
    const model = await prepareModel(folder, 'cached', 'float32', options.adapter ?? null, undefined, undefined, storage);
    return { model, storage, room, need: needOf(model, storage, batchTokens) };
  };
  const refused = async (need: HostMemory): Promise<UserError> => {
    const other = dtype === 'float32' && chosen.model.stored !== 'float32' ? (await prepare('as stored')).need : null;
    const smaller = other === null || fitOf(other, room) === 'too large' ? null : { dtype: chosen.model.stored, need: other };
    return tooLarge(modelName, need, room, smaller);
  };
  const narrow = dtype === 'bfloat16' || dtype === 'float16';
  let chosen = await prepare(narrow ? 'as stored' : 'rows as stored');
  const { stored } = chosen.model;
  if (narrow && stored !== dtype)
    throw new UserError(
      `${modelName}: weights are stored in ${stored}; on a CPU --dtype ${dtype} keeps weights of ${dtype} as they are and rounds none; valid here: auto, float32${
        stored === 'float32' ? '' : `, ${stored}`
      }`,
    );
  if (check === null || chosen.need === null) return chosen;
  const { need } = chosen;
  if (dtype === 'auto' && fitOf(need, room) !== 'fits') {
    const other = await prepare('as stored');
    if (other.need !== null && chooseStorage(need, other.need, room) === 'as stored') {
      check(
        `weights stay in ${stored}, as they are stored: in float32 the model would need about ${sizeWords(need.total)}; scoring takes longer, generation several times as long`,
      );
      chosen = other;
    }
  }
  if (chosen.need !== null && fitOf(chosen.need, room) === 'too large') throw await refused(chosen.need);
  if (chosen.need !== null && fitOf(chosen.need, room) === 'near') check(nearLine(modelName, chosen.need, room));
  return chosen;
}
