/** Signs that somebody does not vote honestly. Each is a flag for a moderator, with its evidence; none bans anybody. Error rates: docs/arena-serve.md. */
import { binomialTail } from '../statistics/binomial.js';
import { normalTail } from '../statistics/normal.js';
import { countOf, sumOf } from '../statistics/sums.js';
import type { Choice } from './choice.js';

/** One vote as the heuristics look at it. */
export interface ObservedVote {
  readonly content: Choice;
  readonly language: Choice;
  readonly whole: Choice;
  readonly left: string;
  readonly right: string;
  /** From the first text shown to the first vote. */
  readonly seconds: number;
  /** Of both answers. */
  readonly characters: number;
  /** Hash of the normalised prompt; equal prompts have equal ones. */
  readonly promptHash: string;
  /** Letters and digits of the prompt. */
  readonly promptLetters: number;
}

export const FLAG_KINDS = [
  'too-fast',
  'one-side',
  'same-answer',
  'repeated-prompts',
  'empty-prompts',
  'shared-prompts',
  'one-model',
  'random',
] as const;
export type FlagKind = (typeof FLAG_KINDS)[number];

/** A suspicion about one participant: `count` of `of` votes, and what else shows it. */
export interface Flag {
  readonly kind: FlagKind;
  readonly participant: string;
  readonly count: number;
  readonly of: number;
  /** A model or side, where it is about one. */
  readonly about: string;
  /** Chance of this or more from an honest voter where it can be computed, else null. */
  readonly p: number | null;
}

/** Characters a second of both answers together beyond which nobody can have read half of them: reading is 20 to 40 (Brysbaert 2019: 238 words a minute). */
const READABLE = 100;
/** Share of wins that an honest voter may give to the side that he looks at first. */
const HABIT = 0.6;
const SURE = 0.001;
/** Shorter prompts are greetings, which many send. */
const TELLING_LETTERS = 20;

/**
 * Returns the flags of one participant. `strengths` are the log-strengths of the ranking on the whole; `senders` tells how many participants sent a prompt.
 */
export function flagsOf(
  participant: string,
  votes: readonly ObservedVote[],
  strengths: ReadonlyMap<string, number>,
  senders: ReadonlyMap<string, number>,
): Flag[] {
  return [
    tooFast(votes),
    oneSide(votes),
    sameAnswer(votes),
    repeatedPrompts(votes),
    emptyPrompts(votes),
    sharedPrompts(votes, senders),
    oneModel(votes, strengths),
    randomVotes(votes, strengths),
  ].flatMap((flag) => (flag === null ? [] : [{ participant, ...flag }]));
}

type Found = Omit<Flag, 'participant'> | null;

/** A flag where at least half of the votes, and `least` of them, show something. */
function half(kind: FlagKind, count: number, least: number, votes: readonly ObservedVote[]): Found {
  return count >= least && count * 2 >= votes.length ? { kind, count, of: votes.length, about: '', p: null } : null;
}

/** At least half of the votes, and five, came faster than anybody reads. */
function tooFast(votes: readonly ObservedVote[]): Found {
  return half('too-fast', votes.filter((v) => v.seconds * READABLE < v.characters).length, 5, votes);
}

/** Tells whether a vote prefers one side. */
function isDecided(v: ObservedVote): boolean {
  return v.whole === 'a' || v.whole === 'b';
}

/** Sides are drawn by chance, so an honest voter prefers either as often; a habit of up to 60 % is let pass. Exact binomial tail below 0.001. */
export function oneSide(votes: readonly ObservedVote[]): Found {
  const decided = votes.filter(isDecided);
  const left = decided.filter((v) => v.whole === 'a').length;
  const most = Math.max(left, decided.length - left);
  const p = binomialTail(most, decided.length, HABIT);
  return p < SURE ? { kind: 'one-side', count: most, of: decided.length, about: left === most ? 'a' : 'b', p } : null;
}

/** The same answers to both questions in 19 of 20 votes, of 20 or more. */
function sameAnswer(votes: readonly ObservedVote[]): Found {
  const counts = [...countOf(votes.map((v) => `${v.content}/${v.language}`))].sort((x, y) => y[1] - x[1]);
  const [about, count] = counts[0] ?? ['', 0];
  return votes.length >= 20 && count >= 0.95 * votes.length ? { kind: 'same-answer', count, of: votes.length, about, p: null } : null;
}

/** Half of the prompts, and four, are ones that the same participant sent before. */
function repeatedPrompts(votes: readonly ObservedVote[]): Found {
  return half('repeated-prompts', votes.length - new Set(votes.map((v) => v.promptHash)).size, 4, votes);
}

/** Half of the prompts, and four, have fewer than three letters or digits. */
function emptyPrompts(votes: readonly ObservedVote[]): Found {
  return half('empty-prompts', votes.filter((v) => v.promptLetters < 3).length, 4, votes);
}

/** Half of the prompts, and three, were sent by four or more participants, word for word, and are longer than a greeting. */
function sharedPrompts(votes: readonly ObservedVote[], senders: ReadonlyMap<string, number>): Found {
  const shared = votes.filter((v) => v.promptLetters >= TELLING_LETTERS && (senders.get(v.promptHash) ?? 0) >= 4);
  return half('shared-prompts', shared.length, 3, votes);
}

/** Chance of the left side by the ranking (Bradley & Terry 1952). */
function chanceLeft(v: ObservedVote, strengths: ReadonlyMap<string, number>): number {
  return 1 / (1 + Math.exp((strengths.get(v.right) ?? 0) - (strengths.get(v.left) ?? 0)));
}

/**
 * One model wins, or loses, far more often with this voter than the ranking says: who recognises a model can push it. Normal tail of the sum of its battles below 0.001
 * over the number of models and two directions, from ten battles on.
 */
function oneModel(votes: readonly ObservedVote[], strengths: ReadonlyMap<string, number>): Found {
  const decided = votes.filter(isDecided);
  const models = [...new Set(decided.flatMap((v) => [v.left, v.right]))];
  let found: Found = null;
  for (const model of models) {
    const own = decided.filter((v) => v.left === model || v.right === model);
    if (own.length < 10) continue;
    const won = own.filter((v) => (v.whole === 'a') === (v.left === model)).length;
    const chances = own.map((v) => (v.left === model ? chanceLeft(v, strengths) : 1 - chanceLeft(v, strengths)));
    const expected = sumOf(chances, (p) => p);
    // The floor of one half keeps a model that nearly always wins from making every loss a surprise.
    const spread = Math.sqrt(
      Math.max(
        0.5,
        sumOf(chances, (p) => p * (1 - p)),
      ),
    );
    const p = Math.min(1, 2 * models.length * normalTail((Math.abs(won - expected) - 0.5) / spread));
    if (p < SURE && (found?.p ?? 1) > p)
      found = { kind: 'one-model', count: won > expected ? won : own.length - won, of: own.length, about: model, p };
  }
  return found;
}

/**
 * Votes that do not depend on the answers: among 30 or more decided votes, the preference for the stronger model is too weak. The score of the ranking's slope,
 * sum of (y - p) logit p, is 0 for an honest voter with variance sum of p (1 - p) (logit p)^2; below -3.3 standard deviations it is flagged.
 */
function randomVotes(votes: readonly ObservedVote[], strengths: ReadonlyMap<string, number>): Found {
  const decided = votes.filter(isDecided);
  if (decided.length < 30) return null;
  let [score, variance, stronger] = [0, 0, 0];
  for (const v of decided) {
    const p = chanceLeft(v, strengths);
    const slope = Math.log(p / (1 - p));
    const left = v.whole === 'a' ? 1 : 0;
    score += (left - p) * slope;
    variance += p * (1 - p) * slope * slope;
    if ((left === 1) === p >= 0.5) stronger++;
  }
  const z = variance === 0 ? 0 : score / Math.sqrt(variance);
  return z < -3.3 ? { kind: 'random', count: stronger, of: decided.length, about: '', p: normalTail(-z) } : null;
}

/**
 * Returns a prompt in the form in which equal ones are found: no case, no accents, no punctuation, single blanks.
 */
export function normalPrompt(prompt: string): string {
  return prompt
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
