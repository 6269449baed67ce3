/** What makes two runs of a benchmark incomparable, and in which words. */
import type { Run, RunTask } from './open-run.js';

/** Differences that `--allow` can wave through. */
export const ALLOWABLE = ['fingerprint', 'shots', 'version'] as const;
export type Allowable = (typeof ALLOWABLE)[number];
/** `subtasks`, `documents` and `metric` leave nothing to compare; `summary`: a file contradicts itself. */
export type DifferenceKind = Allowable | 'subtasks' | 'documents' | 'metric' | 'summary';

/** One thing that differs between base and candidate. */
export interface Difference {
  readonly what: DifferenceKind;
  /** The task it was seen in. */
  readonly task: string;
  readonly base: string;
  readonly candidate: string;
  /** Said instead of the two values where they would say little. */
  readonly detail?: string;
}

/**
 * Returns what the result files say differs between two runs of the same tasks: version, shots, and fingerprint (one entry of each kind, the
 * first task it was seen in). What only one file records is no difference.
 */
export function fileDifferences(base: Run, candidate: Run, names: readonly string[]): Difference[] {
  const found = new Map<DifferenceKind, Difference>();
  for (const name of names) {
    const [b, c] = [base.tasks.get(name), candidate.tasks.get(name)];
    if (b === undefined || c === undefined) continue;
    const facts: readonly [DifferenceKind, string | null, string | null][] = [
      ['version', b.result.version, c.result.version],
      ['shots', text(b.result.nShot), text(c.result.nShot)],
      ['fingerprint', b.result.hash, c.result.hash],
    ];
    for (const [what, before, after] of facts) {
      if (before === null || after === null || before === after || found.has(what)) continue;
      const why = what === 'fingerprint' ? { detail: `fingerprint ${short(before)} and ${short(after)}: ${explained(b, c)}` } : {};
      found.set(what, { what, task: name, base: before, candidate: after, ...why });
    }
  }
  return [...found.values()];
}

/**
 * Returns a difference in a few words, e.g. `version 3 and 4`.
 */
export function describeDifference({ what, base, candidate, detail }: Difference): string {
  if (detail !== undefined) return detail;
  return `${what} ${base} and ${candidate}`;
}

/** What the files say of two runs whose prompts are not the same, in words. */
function explained(base: RunTask, candidate: RunTask): string {
  const [b, c] = [base.setting, candidate.setting];
  const words: string[] = [];
  if (b !== null && c !== null) {
    if (b.family !== c.family) words.push(`${b.family} prompts and ${c.family} prompts`);
    else if (b.template !== c.template) words.push('another chat template');
    if ((b.variation ?? '') !== (c.variation ?? ''))
      words.push(`${b.variation || 'the examples that the task says'} and ${c.variation || 'the examples that the task says'}`);
    if ((b.system ?? '') !== (c.system ?? '')) words.push('another system instruction');
    if (b.family === c.family && b.family !== 'plain' && b.multiturn !== c.multiturn)
      words.push('examples as turns of the chat in one only');
  }
  const [shotsB, shotsC] = [base.result.nShot, candidate.result.nShot];
  if (shotsB !== null && shotsC !== null && shotsB !== shotsC) words.push(`${shotsB} and ${shotsC} examples`);
  const [before, after] = [documentsOf(base), documentsOf(candidate)];
  if (before !== null && after !== null && before !== after) words.push(`${before} and ${after} documents`);
  return words.length > 0 ? words.join(', ') : 'other data, or another prompt of the task (the settings in the files are the same)';
}

/**
 * Returns the number of documents that a run evaluated in a task, or null where its file does not say.
 */
export function documentsOf(task: RunTask | undefined): number | null {
  return task?.result.samples?.effective ?? null;
}

/**
 * Returns the number of documents of a task that a result file of this program calls unscored. The harness scores every document or fails, so its files
 * have none.
 */
export function unscoredOf(task: RunTask | undefined): number {
  const [documents, scored] = [documentsOf(task), task?.result.own?.scored ?? null];
  return documents === null || scored === null ? 0 : Math.max(0, documents - scored);
}

function text(n: number | null): string | null {
  return n === null ? null : String(n);
}

function short(hash: string): string {
  return /^[0-9a-f]{64}$/.test(hash) ? `${hash.slice(0, 12)}...` : hash;
}
