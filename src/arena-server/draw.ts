/** Which two models meet, and on which side: drawn from a seed, so that every draw can be repeated from its record. */
import { createHash } from 'node:crypto';
import { at } from '../at.js';

/** One draw. `weights` and `number` are what it followed from: the same give the same. */
export interface Draw {
  readonly policy: 'even' | 'uncertain';
  readonly left: string;
  readonly right: string;
  /** Chances of the pairs, in the order of `pairsOf`, not normed. */
  readonly weights: readonly number[];
  /** In [0, 1): where in the weights the draw fell. */
  readonly number: number;
}

export interface DrawInput {
  /** Models that may fight. */
  readonly models: readonly string[];
  /** Battles so far, by `pairKey`. */
  readonly counts: ReadonlyMap<string, number>;
  readonly policy: 'even' | 'uncertain';
  /** Log-strengths of the current ranking; what is missing counts as the mean. */
  readonly strengths: ReadonlyMap<string, number>;
  readonly seed: number;
  /** Name of the battle, and of the attempt where a model had to be replaced. */
  readonly name: string;
  readonly fixed?: FixedSide | undefined;
}

/** A model that stays, on its side, when the other is replaced. */
export interface FixedSide {
  readonly model: string;
  readonly side: 'left' | 'right';
}

/**
 * Returns all pairs of models, names sorted, the first of a pair before the second.
 */
export function pairsOf(models: readonly string[]): [string, string][] {
  const sorted = [...models].sort();
  return sorted.flatMap((a, i) => sorted.slice(i + 1).map((b): [string, string] => [a, b]));
}

/**
 * Draws a pair and its sides; null where fewer than two models are left.
 *
 * `even`: one of the pairs with the fewest battles, each alike. `uncertain`: a pair in proportion to how much its next battle narrows the interval of its win rate,
 * sqrt(p(1-p)/n) - sqrt(p(1-p)/(n+1)), p the expected win rate and n the battles so far (Chiang et al. 2024, Chatbot Arena, section 5); n = 1/2 for none.
 */
export function drawPair(input: DrawInput): Draw | null {
  const { models, counts, policy, strengths, fixed } = input;
  const possible = pairsOf(models).filter(([a, b]) => fixed === undefined || a === fixed.model || b === fixed.model);
  if (possible.length === 0) return null;
  const battles = possible.map(([a, b]) => counts.get(pairKey(a, b)) ?? 0);
  const fewest = Math.min(...battles);
  const weights = possible.map(([a, b], i) => {
    const n = at(battles, i);
    if (policy === 'even') return n === fewest ? 1 : 0;
    const p = 1 / (1 + Math.exp((strengths.get(b) ?? 0) - (strengths.get(a) ?? 0)));
    const spread = Math.sqrt(p * (1 - p));
    return spread / Math.sqrt(Math.max(n, 0.5)) - spread / Math.sqrt(Math.max(n, 0.5) + 1);
  });
  const [number, side] = chances(input.seed, input.name);
  const [first, second] = at(possible, pick(weights, number));
  const firstIsLeft = fixed === undefined ? side < 0.5 : (first === fixed.model) === (fixed.side === 'left');
  const [left, right] = firstIsLeft ? [first, second] : [second, first];
  return { policy, left, right, weights, number };
}

/** Two numbers in [0, 1) that follow from the seed and the name: 48 bits each of SHA-256. */
function chances(seed: number, name: string): [number, number] {
  const bytes = createHash('sha256').update(`${seed}\n${name}`).digest();
  return [bytes.readUIntBE(0, 6) / 2 ** 48, bytes.readUIntBE(6, 6) / 2 ** 48];
}

function pick(weights: readonly number[], number: number): number {
  const total = weights.reduce((sum, w) => sum + w, 0);
  let left = number * total;
  for (const [i, weight] of weights.entries()) {
    if (left < weight) return i;
    left -= weight;
  }
  return weights.findLastIndex((w) => w > 0);
}

/** Returns one name for a pair, whichever model comes first. */
export function pairKey(a: string, b: string): string {
  return a < b ? `${a}\n${b}` : `${b}\n${a}`;
}
