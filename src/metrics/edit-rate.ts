/**
 * Translation edit rate: the fewest insertions, deletions, substitutions and shifts of word sequences that turn an answer into a reference, found greedily as
 * Tercom does (Snover et al. 2006), with the limits of sacreBLEU's implementation, which decide what is found.
 */

import { at } from '../at.js';

/** Longest sequence that is shifted, and how far. */
const MAX_SHIFT_SIZE = 10;
const MAX_SHIFT_DISTANCE = 50;
/** Shifts that are tried for one answer. */
const MAX_CANDIDATES = 1000;
/** Cells on either side of the diagonal that are computed. */
const BEAM = 25;
const UNREACHED = 1e16;

/** How a cell was reached: equal words, a substitution, or a word of the answer or of the reference alone. */
const Step = { None: 0, Equal: 1, Substitute: 2, AnswerOnly: 3, ReferenceOnly: 4 } as const;

/** Rows of costs and steps, one for each beginning of the answer. */
interface Matrix {
  readonly costs: readonly Float64Array[];
  readonly steps: readonly Uint8Array[];
}

/**
 * Returns the number of edits that turn `answer` into `reference`.
 */
export function countEdits(answer: readonly string[], reference: readonly string[]): number {
  if (reference.length === 0) return answer.length;
  let words = answer;
  let matrix = fill(words, reference, null, 0);
  let shifts = 0;
  let tried = 0;
  for (;;) {
    const best = bestShift(words, reference, matrix, tried);
    tried = best.tried;
    if (tried >= MAX_CANDIDATES || best.gain <= 0) break;
    shifts++;
    words = best.words;
    matrix = fill(words, reference, null, 0);
  }
  return shifts + costOf(matrix);
}

function costOf({ costs }: Matrix): number {
  const row = at(costs, costs.length - 1);
  return at(row, row.length - 1);
}

/** Levenshtein's matrix near the diagonal; the first `kept` rows behind row 0 are those of `known`, whose answer begins with the same words. */
function fill(words: readonly string[], reference: readonly string[], known: Matrix | null, kept: number): Matrix {
  const width = reference.length + 1;
  const costs = known?.costs.slice(0, kept + 1) ?? [Float64Array.from({ length: width }, (_, j) => j)];
  const steps = known?.steps.slice(0, kept + 1) ?? [new Uint8Array(width).fill(Step.ReferenceOnly)];
  const ratio = words.length === 0 ? 1 : reference.length / words.length;
  const beam = BEAM < ratio / 2 ? Math.ceil(ratio / 2 + BEAM) : BEAM;
  for (let i = costs.length; i <= words.length; i++) {
    const above = at(costs, i - 1);
    const row = new Float64Array(width).fill(UNREACHED);
    const how = new Uint8Array(width).fill(Step.None);
    const diagonal = Math.floor(i * ratio);
    const end = i === words.length ? width : Math.min(width, diagonal + beam);
    const start = Math.max(0, diagonal - beam);
    // Costs to the left, above and between, kept here: this is the innermost loop of the search.
    let left = UNREACHED;
    let between = start === 0 ? UNREACHED : at(above, start - 1);
    for (let j = start; j < end; j++) {
      const up = at(above, j);
      const equal = j > 0 && words[i - 1] === reference[j - 1];
      // The first of equally cheap steps is taken, in this order.
      let cost = between + (equal ? 0 : 1);
      let step: number = equal ? Step.Equal : Step.Substitute;
      if (cost > up + 1) [cost, step] = [up + 1, Step.AnswerOnly];
      if (cost > left + 1) [cost, step] = [left + 1, Step.ReferenceOnly];
      if (cost < UNREACHED) [row[j], how[j]] = [cost, step];
      left = Math.min(cost, UNREACHED);
      between = up;
    }
    costs.push(row);
    steps.push(how);
  }
  return { costs, steps };
}

/** Which words are wrong on either side, and behind which word of the answer each word of the reference stands (-1: before all). */
interface Alignment {
  readonly answerWrong: readonly boolean[];
  readonly referenceWrong: readonly boolean[];
  readonly answerAt: readonly number[];
}

function align({ steps }: Matrix): Alignment {
  const path: number[] = [];
  let i = steps.length - 1;
  let j = at(steps, 0).length - 1;
  while (i > 0 || j > 0) {
    const step = at(at(steps, i), j);
    if (step === Step.None) throw new Error('the edit distance has no path');
    path.push(step);
    if (step !== Step.ReferenceOnly) i--;
    if (step !== Step.AnswerOnly) j--;
  }
  const answerWrong: boolean[] = [];
  const referenceWrong: boolean[] = [];
  const answerAt: number[] = [];
  for (const step of path.reverse()) {
    if (step !== Step.ReferenceOnly) answerWrong.push(step !== Step.Equal);
    if (step === Step.AnswerOnly) continue;
    referenceWrong.push(step !== Step.Equal);
    answerAt.push(answerWrong.length - 1);
  }
  return { answerWrong, referenceWrong, answerAt };
}

interface Shift {
  readonly gain: number;
  readonly words: readonly string[];
  readonly tried: number;
}

/** The shift that saves most edits; of equal ones the longest, then the one from furthest left, then to furthest left. */
function bestShift(words: readonly string[], reference: readonly string[], matrix: Matrix, triedBefore: number): Shift {
  const before = costOf(matrix);
  const { answerWrong, referenceWrong, answerAt } = align(matrix);
  let tried = triedBefore;
  let best: { rank: readonly [number, number, number, number]; words: readonly string[] } | null = null;
  for (const [start, target, length] of equalSequences(words, reference)) {
    const place = at(answerAt, target);
    if (!answerWrong.slice(start, start + length).includes(true)) continue;
    if (!referenceWrong.slice(target, target + length).includes(true)) continue;
    if (start <= place && place < start + length) continue;
    let last = -1;
    for (let offset = -1; offset < length; offset++) {
      const to = target + offset === -1 ? 0 : at(answerAt, target + offset) + 1;
      if (to === last) continue;
      last = to;
      const shifted = shift(words, start, length, to);
      const gain = before - costOf(fill(shifted, reference, matrix, Math.min(start, to)));
      tried++;
      const rank = [gain, length, -start, -to] as const;
      if (best === null || isHigher(rank, best.rank)) best = { rank, words: shifted };
    }
    if (tried >= MAX_CANDIDATES) break;
  }
  return best === null ? { gain: 0, words, tried } : { gain: best.rank[0], words: best.words, tried };
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, k) => value !== b[k]);
  return i !== -1 && at(a, i) > at(b, i);
}

/** Equal word sequences: begin in the answer, begin in the reference, length; every length of each. */
function* equalSequences(words: readonly string[], reference: readonly string[]): Generator<readonly [number, number, number]> {
  for (let start = 0; start < words.length; start++) {
    for (let target = 0; target < reference.length; target++) {
      if (Math.abs(target - start) > MAX_SHIFT_DISTANCE) continue;
      for (let length = 0; length < MAX_SHIFT_SIZE && words[start + length] === reference[target + length]; ) {
        length++;
        yield [start, target, length];
        if (start + length === words.length || target + length === reference.length) break;
      }
    }
  }
}

/** The words with `length` of them from `start` put where `place` is (counted before the shift). */
function shift(words: readonly string[], start: number, length: number, place: number): readonly string[] {
  const moved = words.slice(start, start + length);
  const end = start + length;
  if (place < start) return [...words.slice(0, place), ...moved, ...words.slice(place, start), ...words.slice(end)];
  if (place > end) return [...words.slice(0, start), ...words.slice(end, place), ...moved, ...words.slice(place)];
  return [...words.slice(0, start), ...words.slice(end, length + place), ...moved, ...words.slice(length + place)];
}
