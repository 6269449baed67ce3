/** What a model needs of the computer's own memory when it runs on the CPU, and whether that is there. Pure: numbers in, numbers and words out. All sizes in bytes. */
import { UserError } from '../../errors.js';
import type { AvailableMemory } from '../../machine-memory.js';
import type { MatrixStorage, WeightMemory } from './graph-builder.js';
import type { ModelSize } from './memory-plan.js';

export interface HostMemory {
  /** Weights in float32, as the kernels want them. */
  readonly weights: number;
  /** Parts of the files that stay mapped and are read in every run: the system takes them from memory when it needs that, and reads them again. */
  readonly mapped: number;
  /** Keys, values and states of what is computed together. */
  readonly cache: number;
  /** All else of a run: activations, logits, a matrix that is repacked or widened. */
  readonly working: number;
  readonly total: number;
}

/** How runs are planned. */
export interface RunSize {
  readonly runTokens: number;
  /** Bytes of logits at once. */
  readonly logitBytes: number;
  /** Bytes of caches of texts that are generated together; 0 where nothing is generated. */
  readonly slotBytes: number;
}

/** Positions of the cache behind which the texts of a batch lie: prompts of several thousand tokens are rare, and only a share of each is its own. */
const STACK_TOKENS = 2048;
/** Node.js, the runtime, the tokenizer and their buffers. */
const PROGRAM_BYTES = 200 * 1024 ** 2;
/** Copies of a row that are alive at once. */
const ROW_COPIES = 4;
const MLP_COPIES = 3;

/**
 * Returns an estimate of the peak on a CPU. Measured with models of 0.1 to 2 billion parameters (benchmarks/MEMORY.md): what is really taken lies between 0.8 and 1.1 times this.
 */
export function hostMemory(weights: WeightMemory, m: ModelSize, run: RunSize): HostMemory {
  const rows = run.runTokens;
  const widths = ROW_COPIES * m.hidden + MLP_COPIES * m.intermediate + 2 * (m.heads + 2 * m.kvHeads) * m.headDim;
  const scores = m.heads * rows * STACK_TOKENS;
  const logits = Math.min(2 * run.logitBytes, 2 * rows * m.vocabulary * 4);
  const cache = 2 * m.layers * m.kvHeads * m.headDim * 4 * STACK_TOKENS + run.slotBytes;
  const working = PROGRAM_BYTES + 4 * (rows * widths + scores + weights.largest) + logits;
  const parts = { weights: 4 * weights.widened, mapped: weights.mappedWhole, cache, working };
  return { ...parts, total: parts.weights + parts.mapped + cache + working };
}

const GIB = 1024 ** 3;

/** Bytes in words: `3.8 GiB`, `240 MiB`. */
export function sizeWords(bytes: number): string {
  return bytes < 0.95 * GIB ? `${Math.round(bytes / 1024 ** 2)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`;
}

/** What may be taken: what the user says, or what the machine has; null where nobody knows what is free. */
export interface Room {
  readonly bytes: number | null;
  readonly total: number;
  readonly kind: 'given' | 'limited' | 'free';
}

/**
 * Returns the room of this machine, or `given` bytes.
 */
export function roomOf(given: number | null, machine: AvailableMemory): Room {
  if (given !== null) return { bytes: given, total: given, kind: 'given' };
  return { bytes: machine.bytes, total: machine.total, kind: machine.limited ? 'limited' : 'free' };
}

/** Returns a room in words. */
export function roomWords({ bytes, total, kind }: Room): string {
  if (kind === 'given') return `${sizeWords(total)} were given (--memory)`;
  if (bytes === null) return `this machine has ${sizeWords(total)}`;
  return kind === 'limited'
    ? `the limit of this container leaves ${sizeWords(bytes)}`
    : `${sizeWords(bytes)} of ${sizeWords(total)} are free`;
}

/** Part of the room above which a warning is due. */
const NEAR = 0.9;
/** What an estimate may be wrong by before a model is refused for it. */
const DOUBT = 0.9;

export type Fit = 'fits' | 'near' | 'too large';

/**
 * Returns whether a need fits into the room; `too large` only beyond doubt. Where free memory is not known (macOS), the whole memory counts.
 */
export function fitOf(need: HostMemory, room: Room): Fit {
  const bytes = room.bytes ?? room.total;
  if (need.total * DOUBT > bytes) return 'too large';
  return need.total > NEAR * bytes ? 'near' : 'fits';
}

/**
 * Returns how the matrices of a model lie in memory: widened to float32 where that fits, else as they are stored where that fits; null where neither does.
 */
export function chooseStorage(widened: HostMemory, stored: HostMemory, room: Room): MatrixStorage | null {
  // Neither an estimate that is a little too high may refuse a model, nor one that is a little too low end it half-way where the other way is safe.
  if (widened.total <= (room.bytes ?? room.total)) return 'rows as stored';
  if (fitOf(stored, room) !== 'too large') return 'as stored';
  return fitOf(widened, room) === 'too large' ? null : 'rows as stored';
}

/** Returns the error for a model that does not fit: one line with the numbers and the ways that work. `smaller`: what the model needs in 16 bits, where that would fit. */
export function tooLarge(
  model: string,
  need: HostMemory,
  room: Room,
  smaller: { readonly dtype: string; readonly need: HostMemory } | null,
): UserError {
  const ways = [
    ...(smaller === null ? [] : [`--dtype ${smaller.dtype} needs ${sizeWords(smaller.need.total)} and more time`]),
    '--serve llama.cpp with a quantized GGUF file, or --serve vllm on a card, needs less',
    'a server elsewhere is asked as completions:NAME --base-url URL',
    `--memory ${Math.ceil(need.total / GIB)} goes on all the same`,
  ];
  return new UserError(
    `${model}: needs about ${sizeWords(need.total)} of memory (weights ${sizeWords(need.weights + need.mapped)}); ${roomWords(room)}; ${ways.join('; ')}`,
  );
}

/** A warning for a model that fits only just. */
export function nearLine(model: string, need: HostMemory, room: Room): string {
  return `${model} needs about ${sizeWords(need.total)} of memory, and ${roomWords(room)}: other programs may be slowed down or ended`;
}
