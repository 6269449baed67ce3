/** Counts the distinct (prefix, token) pairs among many sequences: the least number of tokens that any program would have to compute for them. */
import { at } from '../../at.js';

/** Pairs counted exactly; beyond, only what the neighbours of the last sequence share is recognised. */
const EXACT_LIMIT = 4_000_000;

export interface DistinctCounter {
  add(ids: readonly number[]): void;
  count(): number;
  /** False once the limit was passed. */
  exact(): boolean;
}

/**
 * Returns a counter over 64-bit hashes of prefixes (a false match has a chance of about 1e-6 in four million).
 */
export function newDistinctCounter(limit = EXACT_LIMIT): DistinctCounter {
  let table = new Uint32Array(2 * 4096);
  let used = 0;
  let total = 0;
  let last: readonly number[] = [];

  function insert(a: number, b: number): boolean {
    const mask = table.length / 2 - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const i = 2 * slot;
      if (table[i] === 0 && table[i + 1] === 0) {
        table[i] = a;
        table[i + 1] = b;
        used++;
        return true;
      }
      if (table[i] === a && table[i + 1] === b) return false;
    }
  }

  function grow(): void {
    const old = table;
    table = new Uint32Array(2 * old.length);
    used = 0;
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0 || old[i + 1] !== 0) insert(at(old, i), at(old, i + 1));
  }

  return {
    count: () => total,
    exact: () => used < limit,
    add(ids) {
      let shared = 0;
      while (shared < ids.length && ids[shared] === last[shared]) shared++;
      last = ids;
      if (used >= limit) {
        total += ids.length - shared;
        return;
      }
      let a = 0x9e3779b9;
      let b = 0x85ebca6b;
      ids.forEach((id, i) => {
        a = mix(Math.imul(a ^ id, 0xcc9e2d51));
        b = mix(Math.imul(b + id, 0x1b873593) ^ (a >>> 7));
        if (i < shared) return;
        if (used * 4 > table.length) grow();
        if (insert(a >>> 0, (b | 1) >>> 0)) total++;
      });
    },
  };
}

/** The finishing step of MurmurHash3 (Appleby, public domain). */
function mix(h: number): number {
  let x = h ^ (h >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}
