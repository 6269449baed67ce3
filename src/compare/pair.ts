/** Two runs' outcomes of the same documents, side by side. Documents are aligned by their hash, whatever their order in the files. */
import { at } from '../at.js';
import { BIAS_CODES, NO_BIAS, type TaskSamples } from '../results/read-samples.js';
import { type NearTies, nearTies, type Shift } from './noise.js';

/** How documents of two sample files correspond. */
export interface Alignment {
  /** Indices in base and candidate of the same document. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly onlyBase: number;
  readonly onlyCandidate: number;
  /** Pairs whose prompts or targets differ. */
  readonly changedPrompts: number;
  readonly changedTargets: number;
}

/**
 * Aligns two sample files by document and prompt. Equal documents that a task holds several times have other examples in their prompts, so those
 * with the same prompt and target are paired first; what is left is paired by document alone, in order. A compact baseline holds shorter hashes: the
 * beginnings are compared, and a changed prompt cannot be told from a changed target there (it counts as a prompt).
 */
export function align(base: TaskSamples, candidate: TaskSamples): Alignment {
  const digits = Math.min(base.docHashes[0]?.length ?? 64, candidate.docHashes[0]?.length ?? 64);
  const whole = [base, candidate].every((side) => side.promptHashes !== null && side.targetHashes !== null);
  const [before, after] = [hashesOf(base, digits, whole), hashesOf(candidate, digits, whole)];
  const partner = new Map<number, number>();
  const taken = new Set<number>();
  const keys = [({ document, prompt, target }: Hashes) => `${document} ${prompt} ${target}`, ({ document }: Hashes) => document];
  for (const key of keys) {
    const places = new Map<string, number[]>();
    // From behind, so that the first place is the last of its list: taking off the first of a long list moves all others.
    for (const [j, hashes] of [...after.entries()].reverse()) {
      if (taken.has(j)) continue;
      const list = places.get(key(hashes));
      if (list === undefined) places.set(key(hashes), [j]);
      else list.push(j);
    }
    for (const [i, hashes] of before.entries()) {
      const j = partner.has(i) ? undefined : places.get(key(hashes))?.pop();
      if (j === undefined) continue;
      partner.set(i, j);
      taken.add(j);
    }
  }
  const pairs = [...partner].sort(([a], [b]) => a - b);
  return {
    pairs,
    onlyBase: before.length - pairs.length,
    onlyCandidate: after.length - pairs.length,
    changedPrompts: pairs.filter(([i, j]) => at(before, i).prompt !== at(after, j).prompt).length,
    changedTargets: pairs.filter(([i, j]) => at(before, i).target !== at(after, j).target).length,
  };
}

interface Hashes {
  readonly document: string;
  readonly prompt: string;
  readonly target: string;
}

/** The hashes of each document, `digits` of the document's own; where not both sides are whole, the check of a baseline stands for prompt and target. */
function hashesOf({ docHashes, promptHashes, targetHashes, checks }: TaskSamples, digits: number, whole: boolean): readonly Hashes[] {
  const prompts = (whole ? promptHashes : null) ?? checks;
  const targets = whole ? targetHashes : null;
  return docHashes.map((hash, i) => ({
    document: hash.slice(0, digits),
    prompt: at(prompts, i),
    target: targets === null ? '' : at(targets, i),
  }));
}

/** A document whose outcome changed. */
export interface Flip {
  readonly task: string;
  readonly docHash: string;
  /** `up`: the candidate is better on it, whichever way the metric counts. */
  readonly direction: 'up' | 'down';
}

/** Documents of one task that both runs scored. */
export interface PairedTask {
  readonly task: string;
  readonly n: number;
  readonly baseSum: number;
  readonly candidateSum: number;
  /** Documents of each run that have no score, and documents that only the base has. */
  readonly baseUnscored: number;
  readonly candidateUnscored: number;
  readonly missing: number;
  /** All outcomes are 0 or 1. */
  readonly binary: boolean;
  readonly flips: readonly Flip[];
  /** Flips that numerical noise explains, and how documents near a tie moved (`noise.ts`). */
  readonly ties: NearTies;
  /** Candidate - base per document, as recorded. */
  readonly differences: readonly number[];
  /** Joint bias outcome per document, base * 7 + candidate; null without the metric. */
  readonly bias: Uint8Array | null;
}

/** Key (`metric,filter`) of the outcomes to pair, and whether more of it is better. */
export interface PairedMetric {
  readonly key: string;
  readonly higherIsBetter: boolean;
}

/**
 * Returns the paired outcomes of one task under `metric.key` (`metric,filter`). Documents that a run left unscored are left out on both sides and counted.
 */
export function pairTask(
  base: TaskSamples,
  candidate: TaskSamples,
  alignment: Alignment,
  metric: PairedMetric,
  noiseNats: number,
): PairedTask {
  const { key, higherIsBetter } = metric;
  const flips: Flip[] = [];
  const differences: number[] = [];
  const shifts: Shift[] = [];
  let baseSum = 0;
  let candidateSum = 0;
  let baseUnscored = 0;
  let candidateUnscored = 0;
  let binary = true;
  for (const [i, j] of alignment.pairs) {
    const [b, c] = [valueAt(base.outcomes.get(key), i), valueAt(candidate.outcomes.get(key), j)];
    if (Number.isNaN(b)) baseUnscored++;
    if (Number.isNaN(c)) candidateUnscored++;
    if (Number.isNaN(b) || Number.isNaN(c)) continue;
    baseSum += b;
    candidateSum += c;
    differences.push(c - b);
    if ((b !== 0 && b !== 1) || (c !== 0 && c !== 1)) binary = false;
    if (key === 'acc,none' && higherIsBetter && base.margins !== null && candidate.margins !== null)
      shifts.push({ base: b, candidate: c, baseMargin: at(base.margins, i), candidateMargin: at(candidate.margins, j) });
    if (b !== c) flips.push({ task: base.task, docHash: at(candidate.docHashes, j), direction: c > b === higherIsBetter ? 'up' : 'down' });
  }
  return {
    task: base.task,
    n: differences.length,
    baseSum,
    candidateSum,
    baseUnscored,
    candidateUnscored,
    missing: alignment.onlyBase,
    binary,
    flips,
    ties: nearTies(shifts, noiseNats),
    differences,
    bias: jointBias(base, candidate, alignment),
  };
}

/** NaN in a column that is not there: no document has such a score. */
function valueAt(column: Float64Array | undefined, i: number): number {
  return column === undefined ? Number.NaN : at(column, i);
}

/** Kinds of bias outcome, and how each pulls the bias, in the order of their codes: stereotyped answers down, others up. */
const PULL = [-1, 1, 0, 0, -1, 0, 1];
const KINDS = PULL.length;
/** Number of joint outcomes. */
export const BIAS_CELLS = KINDS * KINDS;

function jointBias(base: TaskSamples, candidate: TaskSamples, { pairs }: Alignment): Uint8Array | null {
  const [before, after] = [base.bias, candidate.bias];
  if (before === null || after === null) return null;
  const codes = pairs.map(([i, j]) => [at(before, i), at(after, j)] as const);
  return Uint8Array.from(codes.filter(([b, c]) => b !== NO_BIAS && c !== NO_BIAS).map(([b, c]) => b * KINDS + c));
}

/** The outcomes in base and candidate that a joint one is made of. */
function outcomesOf(cell: number): readonly [number, number] {
  return [Math.floor(cell / KINDS), cell % KINDS];
}

/**
 * Returns how the candidate's outcome of a document pulls the bias, against the base's: up where positive.
 */
export function pullOf(cell: number): number {
  const [base, candidate] = outcomesOf(cell);
  return at(PULL, candidate) - at(PULL, base);
}

/**
 * Returns how often each joint outcome occurs.
 */
export function cellCounts(cells: Uint8Array): Float64Array {
  const counts = new Float64Array(BIAS_CELLS);
  for (const cell of cells) counts[cell] = at(counts, cell) + 1;
  return counts;
}

/**
 * Returns the bias of base and candidate from counts of joint outcomes, as the benchmark defines it: ambiguous documents
 * 100 (counter - biased) / documents; others 100 (accuracy on counter-biased - accuracy on biased documents).
 */
export function biasOf(counts: Float64Array): { base: number; candidate: number } {
  const base = new Float64Array(KINDS);
  const candidate = new Float64Array(KINDS);
  for (const [cell, count] of counts.entries()) {
    const [b, c] = outcomesOf(cell);
    base[b] = at(base, b) + count;
    candidate[c] = at(candidate, c) + count;
  }
  return { base: score(base), candidate: score(candidate) };
}

function score(counts: Float64Array): number {
  const of = (code: keyof typeof BIAS_CODES): number => at(counts, BIAS_CODES[code]);
  const ambig = of('ambigBiased') + of('ambigCounter') + of('ambigUnknown');
  if (ambig > 0) return (100 * (of('ambigCounter') - of('ambigBiased'))) / ambig;
  const accuracy = (right: number, wrong: number): number => (right + wrong === 0 ? 0 : (100 * right) / (right + wrong));
  return accuracy(of('counterRight'), of('counterWrong')) - accuracy(of('biasedRight'), of('biasedWrong'));
}
