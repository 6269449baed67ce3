/** Simulated voters, honest and not, for the fair-play heuristics. */

import { type Choice, wholeOf } from '../../src/arena-server/choice.js';
import type { ObservedVote } from '../../src/arena-server/fair-play.js';
import { PythonRandom } from '../../src/python/random.js';

/** Log-strengths like the paper's: 21 models, from 1188 to 722 points. */
export const STRENGTHS: ReadonlyMap<string, number> = new Map(
  [1188, 1153, 1141, 1050, 1050, 1038, 1025, 1022, 1017, 1008, 1005, 1005, 991, 985, 982, 942, 936, 918, 915, 896, 722].map((score, i) => [
    `model ${i}`,
    ((score - 1000) * Math.LN10) / 400,
  ]),
);
const MODELS = [...STRENGTHS.keys()];

export type VoterKind = 'honest' | 'hasty' | 'left' | 'same' | 'repeats' | 'empty' | 'script' | 'pushes' | 'random';

export class Chance {
  readonly #random: PythonRandom;
  constructor(seed: number) {
    this.#random = new PythonRandom(seed);
  }
  /** In [0, 1). */
  uniform(): number {
    return this.#random.randBelow(2 ** 30) / 2 ** 30;
  }
  below(n: number): number {
    return this.#random.randBelow(n);
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** The votes of one voter. Honest ones follow Bradley-Terry with ties, read at 15 to 60 characters a second, sometimes decide half-way, and prefer the left a little. */
export function votesOf(kind: VoterKind, n: number, chance: Chance): ObservedVote[] {
  // A habit of an honest person: between 45 and 55 % for the left where the answers are alike.
  const habit = (chance.uniform() - 0.5) * 0.4;
  const speed = 15 * 4 ** chance.uniform();
  const favourite = MODELS[chance.below(MODELS.length)] ?? '';
  return Array.from({ length: n }, (_, i): ObservedVote => {
    const a = chance.below(MODELS.length);
    const b = (a + 1 + chance.below(MODELS.length - 1)) % MODELS.length;
    const [left, right] = [MODELS[a] ?? '', MODELS[b] ?? ''];
    const difference = (STRENGTHS.get(left) ?? 0) - (STRENGTHS.get(right) ?? 0) + habit;
    const judge = (): Choice => {
      if (kind === 'left') return chance.uniform() < 0.9 ? 'a' : 'b';
      if (kind === 'same') return 'tie';
      if (kind === 'random') return chance.uniform() < 0.5 ? 'a' : 'b';
      if (kind === 'pushes' && (left === favourite || right === favourite)) return left === favourite ? 'a' : 'b';
      // A tie in a fifth of the battles, more often where the models are alike.
      if (chance.uniform() < 0.25 * Math.exp(-Math.abs(difference) / 2)) return chance.uniform() < 0.7 ? 'tie' : 'bad';
      return chance.uniform() < 1 / (1 + Math.exp(-difference)) ? 'a' : 'b';
    };
    const content = judge();
    const language = kind === 'same' || chance.uniform() < 0.6 ? content : judge();
    const characters = 400 + chance.below(3000);
    const reading = characters / speed;
    // Both answers appear at 150 characters a second: nobody can vote before that.
    const shown = characters / 2 / 150;
    const seconds =
      kind === 'hasty'
        ? shown + chance.uniform() * 2
        : Math.max(shown, reading * (chance.uniform() < 0.2 ? 0.5 : 1) * Math.exp(0.3 * chance.normal()));
    // Honest people send a prompt again now and then, and greet.
    const again = kind === 'repeats' ? 0.8 : 0.08;
    const greeting = chance.uniform() < 0.1;
    const prompt =
      kind === 'script'
        ? `script ${chance.below(5)}`
        : chance.uniform() < again
          ? 'mine'
          : greeting
            ? 'kaixo'
            : `own ${i} ${chance.below(1e9)}`;
    return {
      content,
      language,
      whole: wholeOf(content, language) ?? (chance.uniform() < 0.7 ? content : language),
      left,
      right,
      seconds,
      characters,
      promptHash: prompt,
      promptLetters: kind === 'empty' && chance.uniform() < 0.8 ? 1 : prompt === 'kaixo' ? 5 : 40,
    };
  });
}

/** How many sent the prompts of the script and the greeting. */
export const SENDERS: ReadonlyMap<string, number> = new Map([
  ['kaixo', 300],
  ...[0, 1, 2, 3, 4].map((i): [string, number] => [`script ${i}`, 12]),
]);
