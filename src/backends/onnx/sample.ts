/** Draws tokens from a model's distribution, as transformers does: temperature, then the likeliest k, then the likeliest that together have p, then those near the best. */
import { at } from '../../at.js';
import type { Sampling } from '../../generation.js';
import { PythonRandom } from '../../python/random.js';

/** How tokens are drawn. */
export interface DrawRules {
  /** Above 0. */
  readonly temperature: number;
  /** Only so many of the likeliest tokens (and those as likely as the last of them); null: all. */
  readonly topK: number | null;
  /** Only the likeliest tokens whose probabilities add up to this; 1: all. */
  readonly topP: number;
  /** Only tokens that have this part of the best one's probability; 0: all. */
  readonly minP: number;
}

/** Probabilities of the tokens that may be drawn, by token. */
export type Distribution = readonly { readonly token: number; readonly probability: number }[];

/**
 * Returns what a token is drawn from, in the order of tokens: the distribution with those log-probabilities (natural, one a token) under `rules`. Empty where the
 * log-probabilities are no numbers.
 */
export function distributionOf(logprobs: Float32Array, rules: DrawRules): Distribution {
  const least = rules.topK === null ? Number.NEGATIVE_INFINITY : kthLargest(logprobs, rules.topK);
  const tokens: number[] = [];
  let best = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logprobs.length; token++) {
    const logprob = at(logprobs, token);
    if (Number.isNaN(logprob)) return [];
    if (logprob < least) continue;
    tokens.push(token);
    best = Math.max(best, logprob);
  }
  if (best === Number.NEGATIVE_INFINITY) return [];
  let weights = normalized(tokens.map((token) => ({ token, probability: Math.exp((at(logprobs, token) - best) / rules.temperature) })));
  if (rules.topP < 1) weights = nucleus(weights, rules.topP);
  if (rules.minP > 0) {
    const limit = rules.minP * weights.reduce((most, { probability }) => Math.max(most, probability), 0);
    weights = weights.filter(({ probability }) => probability >= limit);
  }
  return normalized(weights);
}

function normalized(weights: Distribution): Distribution {
  const sum = weights.reduce((total, { probability }) => total + probability, 0);
  return weights.map(({ token, probability }) => ({ token, probability: probability / sum }));
}

/** The smallest set of likeliest tokens that has the probability `p`: a token stays while those before it do not have it yet. */
function nucleus(weights: Distribution, p: number): Distribution {
  const sorted = [...weights].sort((a, b) => b.probability - a.probability);
  let before = 0;
  let kept = 0;
  while (kept < sorted.length && (kept === 0 || before < p)) before += at(sorted, kept++).probability;
  const stay = new Set(sorted.slice(0, kept).map(({ token }) => token));
  return weights.filter(({ token }) => stay.has(token));
}

/** The k-th largest of the numbers, the smallest where there are no more than k: quickselect on a copy. */
function kthLargest(values: Float32Array, k: number): number {
  if (k >= values.length) return Number.NEGATIVE_INFINITY;
  const copy = values.slice();
  let [from, to] = [0, copy.length - 1];
  while (from < to) {
    const pivot = at(copy, (from + to) >> 1);
    let [i, j] = [from, to];
    while (i <= j) {
      while (at(copy, i) > pivot) i++;
      while (at(copy, j) < pivot) j--;
      if (i <= j) {
        const held = at(copy, i);
        copy[i++] = at(copy, j);
        copy[j--] = held;
      }
    }
    if (k - 1 <= j) to = j;
    else if (k - 1 >= i) from = i;
    else break;
  }
  return at(copy, k - 1);
}

/** How the tokens of one document are drawn. */
export interface DocumentDraws extends DrawRules {
  readonly seed: number;
  /** Tokens that a row has log-probabilities of. */
  readonly vocabulary: number;
}

/** Draws the tokens of one document: its answer follows from its own seed, whatever is generated beside it. */
export interface TokenDrawer {
  readonly vocabulary: number;
  /** Returns a token drawn from the distribution with those log-probabilities, or undefined where they are no numbers. */
  draw(logprobs: Float32Array): number | undefined;
}

/**
 * Returns what draws a document's tokens.
 */
export function newDrawer({ vocabulary, seed, ...rules }: DocumentDraws): TokenDrawer {
  const random = new PythonRandom(seed);
  return {
    vocabulary,
    draw(logprobs) {
      const distribution = distributionOf(logprobs, rules);
      let left = random.random();
      for (const { token, probability } of distribution) {
        left -= probability;
        if (left < 0) return token;
      }
      return distribution.at(-1)?.token;
    },
  };
}

/** What a model's generation_config.json says of draws; null where it says nothing. */
export interface DrawDefaults {
  readonly topK: number | null;
  readonly topP: number | null;
  readonly minP: number | null;
}

export const NO_DRAW_DEFAULTS: DrawDefaults = { topK: null, topP: null, minP: null };

/** Where neither task nor model says how many tokens may be drawn: the default of transformers. */
const USUAL_TOP_K = 50;

/**
 * Returns the rules of a document's draws: the task's, then the model's, then those of transformers.
 */
export function drawsOf({ temperature, topK, topP, seed }: Sampling, model: DrawDefaults, vocabulary: number): DocumentDraws {
  const most = topK ?? model.topK ?? USUAL_TOP_K;
  return { temperature, topK: most === 0 ? null : most, topP: topP ?? model.topP ?? 1, minP: model.minP ?? 0, seed, vocabulary };
}

/**
 * Returns which log-probabilities a run is asked for, as (row, token) one after the other: of each row its first `tokens` tokens. `starts[i]` is where those of row i begin.
 */
export function rowPairs(rows: readonly { readonly row: number; readonly tokens: number }[]): {
  pairs: Int32Array;
  starts: readonly number[];
} {
  const starts: number[] = [];
  let count = 0;
  for (const { tokens } of rows) {
    starts.push(count);
    count += tokens;
  }
  const pairs = new Int32Array(2 * count);
  let place = 0;
  for (const { row, tokens } of rows) {
    for (let token = 0; token < tokens; token++) {
      pairs[place++] = row;
      pairs[place++] = token;
    }
  }
  return { pairs, starts };
}
