/** The journal: every answer on disk before it is reported, so that a run that dies goes on where it was. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { messageOf, systemCode, UserError } from '../errors.js';
import type { Request, Scorable } from '../types.js';
import { type AnswerLog, openAnswerLog } from './answer-log.js';

export type StoredResponse = Scorable;

/** Raised when the way a request becomes an answer changes: older answers are then not seen. */
const SCORER_VERSION = '1';
/** Hex digits of the identity in file names. */
const IDENTITY_DIGITS = 16;

export interface Journal {
  /** The answer stored for this request, or null. */
  get(request: Request): StoredResponse | null;
  /** Resolves when the answer is on disk. Rejects with `UserError` when it cannot be stored (disk full). */
  put(request: Request, response: StoredResponse): Promise<void>;
  /** Forgets every answer of this model identity. */
  clear(): void;
  close(): Promise<void>;
  /** Answers it holds. */
  readonly size: number;
  /** Damaged records that were skipped; their requests are asked again. */
  readonly damaged: number;
}

/**
 * Opens the journal in `folder` (made if absent) for one model identity. The identity (everything that changes an answer: files or URL,
 * tokenizer, dtype, device kind, scorer version) is in the names of its files; the key of an answer is the digest of identity and
 * request (prompt, continuations, generation settings).
 *
 * Throws `UserError` when the folder cannot be read or written.
 */
export function openJournal(folder: string, identity: Readonly<Record<string, string>>): Journal {
  const whose = digest([SCORER_VERSION, ...Object.entries(identity).sort().flat()]).toString('hex');
  const keyOf = (request: Request): string => digest([whose, canonical(request)]).toString('base64url');
  const log = openLog(folder, whose.slice(0, IDENTITY_DIGITS));
  return {
    get: (request) => {
      const text = log.get(keyOf(request));
      return text === null ? null : storedOf(text, request);
    },
    put: (request, response) =>
      log.put(keyOf(request), textOf(response)).catch((error: unknown) => {
        throw storeError(folder, error);
      }),
    clear: () => log.clear(),
    close: () => log.close(),
    get size() {
      return log.size;
    },
    damaged: log.damaged,
  };
}

/**
 * Returns a journal that lasts as long as the process: what `--no-journal` keeps for the passes of one command.
 */
export function memoryJournal(): Journal {
  const answers = new Map<string, StoredResponse>();
  const keyOf = (request: Request): string => digest([canonical(request)]).toString('base64url');
  return {
    get: (request) => answers.get(keyOf(request)) ?? null,
    put: async (request, response) => void answers.set(keyOf(request), response),
    clear: () => answers.clear(),
    close: async () => answers.clear(),
    get size() {
      return answers.size;
    },
    damaged: 0,
  };
}

function openLog(folder: string, prefix: string): AnswerLog {
  try {
    mkdirSync(folder, { recursive: true });
    return openAnswerLog(folder, prefix);
  } catch (error) {
    throw storeError(folder, error);
  }
}

function storeError(folder: string, error: unknown): UserError {
  const code = systemCode(error);
  return new UserError(
    code === 'ENOSPC' || code === 'EDQUOT'
      ? `journal ${folder}: the disk is full; free some space and give the same command again, finished answers are kept`
      : `journal ${folder} cannot be written (${messageOf(error)}); choose another folder with --out`,
    { cause: error },
  );
}

/** The request with its fields in a fixed order, so that equal requests have equal keys. */
function canonical(request: Request): string {
  switch (request.kind) {
    case 'choices':
      return JSON.stringify([
        'choices',
        request.context,
        request.continuations,
        ...(request.contexts === undefined ? [] : [request.contexts]),
      ]);
    case 'rolling':
      return JSON.stringify(['rolling', request.context]);
    case 'generate':
      return JSON.stringify([
        'generate',
        request.context,
        request.until,
        request.maxNewTokens,
        ...(request.thought === undefined ? [] : [request.thought.mark, request.thought.awaited]),
        ...(request.sampling === undefined ? [] : [request.sampling]),
      ]);
  }
}

function digest(parts: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest();
}

/** JSON has no word for -0, which a certain continuation has as its log-probability and a sample file shows. */
const MINUS_ZERO = '-0';

function textOf(response: StoredResponse): string {
  return JSON.stringify(response, (_, value: unknown) => (Object.is(value, -0) ? MINUS_ZERO : value));
}

function storedOf(text: string, request: Request): StoredResponse | null {
  const value: unknown = JSON.parse(text);
  if (!isStored(value, request)) return null;
  if (value.kind === 'rolling') return { ...value, logprob: Number(value.logprob) };
  return value.kind === 'choices' ? { ...value, logprobs: value.logprobs.map(Number) } : value;
}

/** A stored value is trusted only if it has the shape that the request calls for. */
function isStored(value: unknown, request: Request): value is StoredResponse {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== request.kind) return false;
  if (request.kind === 'generate') return 'text' in value && typeof value.text === 'string';
  if (request.kind === 'rolling')
    return 'logprob' in value && Number.isFinite(Number(value.logprob)) && 'tokens' in value && typeof value.tokens === 'number';
  const n = request.continuations.length;
  return (
    'logprobs' in value &&
    Array.isArray(value.logprobs) &&
    value.logprobs.length === n &&
    'greedy' in value &&
    Array.isArray(value.greedy) &&
    value.greedy.length === n
  );
}
