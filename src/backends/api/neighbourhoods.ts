/** Which replica of a server each document goes to, so that its prefix cache holds what the document begins with. */
import { createHash } from 'node:crypto';

/** Documents that begin alike and follow each other. */
export interface Neighbourhood {
  /** Index of the replica that is asked first; others help when it has too much to do. Whoever got the first document has the beginning in its cache and becomes it. */
  server: number;
  /** `new`: nothing was asked yet; `opening`: its first document is under way and computes the common beginning; `open`: that is done. */
  state: 'new' | 'opening' | 'open';
  /** Tokens that its second document shares with the first; 0 until there is one. */
  shared: number;
  documents: number;
}

/** So many documents stay together; of more, whoever is free takes some and computes the beginning once more. */
const TOGETHER = 16;

/**
 * Where a document of the neighbourhood goes: the replica, and whether it is better to wait for it than to ask another.
 */
export function homeOf({ server, shared, documents }: Neighbourhood): { readonly server: number; readonly firm: boolean } {
  return { server, firm: shared > 0 && documents <= TOGETHER };
}

/** Waiting for the first document holds up everything behind it, so it must save a beginning that is long. */
const WORTH_WAITING = 512;

/**
 * True while the rest of a neighbourhood is better held back: its first document is computing a long common beginning.
 */
export function waits({ state, shared }: Neighbourhood): boolean {
  return state === 'opening' && shared >= WORTH_WAITING;
}

interface Neighbourhoods {
  /** The neighbourhood of the next document, by its prompt's token ids. */
  of(ids: readonly number[]): Neighbourhood;
}

/** A shorter common beginning is not worth a detour. */
const SHARED_TOKENS = 64;

/**
 * Documents come in their order: one that shares at least 64 tokens and half of its prompt with the one before is of its neighbourhood (constant shots, one passage with several
 * questions). A hash of the first prompt picks the replica (the highest of one hash for each replica, so that another number of replicas moves few).
 */
export function createNeighbourhoods(servers: number): Neighbourhoods {
  let before: readonly number[] = [];
  let current: Neighbourhood | null = null;
  return {
    of(ids) {
      const shared = sharedLength(before, ids);
      before = ids;
      if (current === null || shared < SHARED_TOKENS || shared * 2 < ids.length)
        current = { server: replicaOf(ids, servers), state: 'new', shared: 0, documents: 0 };
      else if (current.shared === 0) current.shared = shared;
      current.documents += 1;
      return current;
    },
  };
}

/** Tokens that two prompts begin with alike. */
export function sharedLength(a: readonly number[], b: readonly number[]): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return i;
}

function replicaOf(ids: readonly number[], servers: number): number {
  const key = ids.join(' ');
  const weights = Array.from({ length: servers }, (_, i) => createHash('sha256').update(`${i}:${key}`).digest().readUIntBE(0, 6));
  return weights.indexOf(Math.max(...weights));
}
