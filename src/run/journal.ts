/** The journal: every answer on disk before it is reported, so that a run that dies goes on where it was. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, type RootDatabase } from 'lmdb';
import { messageOf, systemCode, UserError } from '../errors.js';
import type { ChoicesResponse, GenerateResponse, Request } from '../types.js';

export type StoredResponse = ChoicesResponse | GenerateResponse;

/** Raised when the way a request becomes an answer changes: older answers are then not seen. */
const SCORER_VERSION = '1';

export interface Journal {
  /** The answer stored for this request, or null. */
  get(request: Request): StoredResponse | null;
  /** Resolves when the answer is on disk. Rejects with `UserError` when it cannot be stored (disk full). */
  put(request: Request, response: StoredResponse): Promise<void>;
  /** Forgets every answer of this model identity. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the journal in `folder` (made if absent) for one model identity. The store is LMDB: copy-on-write pages, so a process killed
 * at any moment leaves it whole. A key is 16 bytes of the digest of the identity (everything that changes an answer: files or URL,
 * tokenizer, dtype, device kind, scorer version) followed by the digest of the request (prompt, continuations, generation settings).
 *
 * Throws `UserError` when the folder cannot be written.
 */
export function openJournal(folder: string, identity: Readonly<Record<string, string>>): Journal {
  const prefix = digest([SCORER_VERSION, ...Object.entries(identity).sort().flat()]).subarray(0, 16);
  const db = openStore(folder);
  const keyOf = (request: Request): Buffer => Buffer.concat([prefix, digest([canonical(request)])]);
  return {
    get: (request) => {
      const stored: unknown = db.get(keyOf(request));
      return isStored(stored, request) ? stored : null;
    },
    put: async (request, response) => {
      try {
        await db.put(keyOf(request), response);
      } catch (error) {
        throw storeError(folder, error);
      }
    },
    clear: async () => {
      const end = Buffer.concat([prefix, Buffer.alloc(33, 0xff)]);
      const keys = [...db.getKeys({ start: prefix, end })];
      await db.batch(() => {
        for (const key of keys) db.remove(key);
      });
    },
    close: () => db.close(),
  };
}

function openStore(folder: string): RootDatabase<unknown, Buffer> {
  try {
    mkdirSync(folder, { recursive: true });
    return open<unknown, Buffer>({ path: folder, noSubdir: false, keyEncoding: 'binary', compression: false, maxReaders: 64 });
  } catch (error) {
    throw storeError(folder, error);
  }
}

function storeError(folder: string, error: unknown): UserError {
  const text = messageOf(error);
  const full = systemCode(error) === 'ENOSPC' || /no space|ENOSPC/i.test(text);
  return new UserError(
    full
      ? `journal ${folder}: the disk is full; free some space and give the same command again, finished answers are kept`
      : `journal ${folder} cannot be written (${text}); choose another folder with --out`,
    { cause: error },
  );
}

/** The request with its fields in a fixed order, so that equal requests have equal keys. */
function canonical(request: Request): string {
  return request.kind === 'choices'
    ? JSON.stringify(['choices', request.context, request.continuations])
    : JSON.stringify(['generate', request.context, request.until, request.maxNewTokens]);
}

function digest(parts: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest();
}

/** A stored value is trusted only if it has the shape that the request calls for. */
function isStored(value: unknown, request: Request): value is StoredResponse {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== request.kind) return false;
  if (request.kind === 'generate') return 'text' in value && typeof value.text === 'string';
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
