import { at } from '../at.js';

/**
 * CPython's `random.Random(seed)` for integer seeds, as far as few-shot sampling and the bootstrap need it: the Mersenne Twister MT19937
 * (Matsumoto and Nishimura 1998), seeded with `init_by_array`, `random`, `getrandbits`, `_randbelow` and `sample`.
 */
const N = 624;
const M = 397;
/** `random.sample` compares sizes with 4 ** ceil(log(3k, 4)); below this many samples the constant 21 alone decides. */
const SMALL_SAMPLE = 5;

export class PythonRandom {
  readonly #state = new Uint32Array(N);
  #index = N;

  /** `seed` is an integer from 0 to 2^53 - 1; CPython takes the absolute value and splits it into 32-bit words. */
  constructor(seed: number) {
    const key = [seed >>> 0];
    const high = Math.floor(seed / 2 ** 32);
    if (high > 0) key.push(high);
    this.#initByArray(key);
  }

  #initGenrand(seed: number): void {
    const s = this.#state;
    s[0] = seed;
    for (let i = 1; i < N; i++) {
      const last = at(s, i - 1);
      s[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
  }

  #initByArray(key: readonly number[]): void {
    this.#initGenrand(19650218);
    const s = this.#state;
    let i = 1;
    const mix = (multiplier: number, added: number): void => {
      const last = at(s, i - 1);
      s[i] = (at(s, i) ^ Math.imul(last ^ (last >>> 30), multiplier)) + added;
      if (++i < N) return;
      s[0] = at(s, N - 1);
      i = 1;
    };
    for (let k = 0; k < N; k++) mix(1664525, at(key, k % key.length) + (k % key.length));
    for (let k = 1; k < N; k++) mix(1566083941, -i);
    s[0] = 0x80000000;
    this.#index = N;
  }

  #refill(): void {
    const s = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (at(s, i) & 0x80000000) | (at(s, (i + 1) % N) & 0x7fffffff);
      s[i] = at(s, (i + M) % N) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }

  /** Returns the next 32 random bits as an unsigned integer. */
  next32(): number {
    if (this.#index >= N) this.#refill();
    // Not with `at`: the bootstrap asks for thousands of millions of them.
    let y = this.#state[this.#index++];
    if (y === undefined) throw new RangeError('no state');
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** Returns the next float in [0, 1) with 53 random bits, as `random.random`. */
  random(): number {
    const high = this.next32() >>> 5;
    return (high * 67108864 + (this.next32() >>> 6)) / 9007199254740992;
  }

  /** Returns a random integer in [0, n), 0 < n < 2^32, by rejection on as many bits as n has. */
  randBelow(n: number): number {
    const shift = Math.clz32(n);
    for (;;) {
      const r = this.next32() >>> shift;
      if (r < n) return r;
    }
  }

  /**
   * Returns k distinct indices of a population of n, in the order in which `random.sample` returns the elements.
   * As CPython does it: a shrinking pool for small populations, a set of picked indices for large ones; the two consume different draws.
   * Throws `RangeError` when k exceeds n.
   */
  sampleIndices(n: number, k: number): number[] {
    if (k < 0 || k > n) throw new RangeError(`a sample of ${k} from ${n}`);
    let setSize = 21;
    if (k > SMALL_SAMPLE) setSize += 4 ** Math.ceil(Math.log(k * 3) / Math.log(4));
    const picked: number[] = [];
    if (n <= setSize) {
      const pool = Array.from({ length: n }, (_, i) => i);
      for (let i = 0; i < k; i++) {
        const j = this.randBelow(n - i);
        picked.push(at(pool, j));
        pool[j] = at(pool, n - i - 1);
      }
      return picked;
    }
    const seen = new Set<number>();
    while (picked.length < k) {
      const j = this.randBelow(n);
      if (!seen.has(j)) {
        seen.add(j);
        picked.push(j);
      }
    }
    return picked;
  }
}
