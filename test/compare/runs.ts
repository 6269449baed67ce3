/** Makes run folders as this program writes them (results and sample files), with whatever outcomes a test wants. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KnownBenchmark } from '../../src/compare/benchmarks.js';

export interface FakeDoc {
  /** Score, or null for an unscored document. */
  readonly score: number | null;
  /** Log-probability of the right choice minus the best other one; the recorded score does not depend on it. */
  readonly margin?: number;
  readonly bias?: unknown;
  /** Other prompt, document or target than the one that belongs to this number. */
  readonly prompt?: string;
  readonly doc?: string;
  readonly target?: number;
}

export interface FakeTask {
  readonly name: string;
  readonly docs: readonly FakeDoc[];
  readonly key?: string;
  readonly version?: number | string;
  readonly shots?: number;
  readonly hash?: string;
  readonly samples?: boolean;
  /** Of the task's own file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface FakeRun {
  readonly model?: string;
  readonly tasks: readonly FakeTask[];
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly groupScores?: Readonly<Record<string, Record<string, number | string>>>;
  readonly date?: number;
  readonly stamp?: string;
}

export const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Returns a fresh folder for a test. */
export function scratch(): string {
  return mkdtempSync(path.join(tmpdir(), 'eus-eval-compare-'));
}

/** Writes a run below `root` and returns its model folder. */
export function writeRun(root: string, run: FakeRun): string {
  const model = run.model ?? 'acme/model';
  const folder = path.join(root, model.replaceAll('/', '__'));
  const stamp = run.stamp ?? '2025-01-01T00-00-00.000000';
  mkdirSync(folder, { recursive: true });
  const results: Record<string, Record<string, number | string>> = { ...run.groupScores };
  const hashes: Record<string, string> = {};
  for (const task of run.tasks) {
    const key = task.key ?? 'acc,none';
    const [metric = '', filter = ''] = key.split(',');
    const scores = task.docs.flatMap((d) => (d.score === null ? [] : [d.score]));
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    const variance = scores.reduce((a, b) => a + (b - mean) ** 2, 0) / (scores.length - 1);
    results[task.name] = { alias: task.name, [key]: mean, [`${metric}_stderr,${filter}`]: Math.sqrt(variance / scores.length) };
    const lines = task.docs.map((d, i) => sampleLine(task.name, i, d, metric, filter));
    hashes[task.name] = task.hash ?? sha(lines.map((l) => l.doc_hash + l.prompt_hash + l.target_hash).join(''));
    if (task.samples !== false)
      writeFileSync(path.join(folder, `samples_${task.name}_${stamp}.jsonl`), `${lines.map((l) => JSON.stringify(l)).join('\n')}\n`);
  }
  const each = <T>(of: (task: FakeTask) => T): Record<string, T> => Object.fromEntries(run.tasks.map((t) => [t.name, of(t)]));
  writeFileSync(
    path.join(folder, `results_${stamp}.json`),
    JSON.stringify({
      results,
      groups: run.groupScores ?? {},
      group_subtasks: run.groups ?? {},
      configs: each((t) => (t.metadata === undefined ? {} : { metadata: t.metadata })),
      versions: each((t) => t.version ?? 1),
      'n-shot': each((t) => t.shots ?? 5),
      higher_is_better: {},
      'n-samples': each((t) => ({ original: t.docs.length, effective: t.docs.length })),
      config: { model: 'fake' },
      date: run.date ?? 1_735_689_600,
      task_hashes: hashes,
      model_source: 'fake',
      model_name: model,
    }),
  );
  return folder;
}

function sampleLine(
  task: string,
  i: number,
  d: FakeDoc,
  metric: string,
  filter: string,
): Record<string, unknown> & Record<`${'doc' | 'prompt' | 'target'}_hash`, string> {
  const target = d.target ?? i % 2;
  const scores = d.margin === undefined ? null : target === 0 ? [-1, -1 - d.margin] : [-1 - d.margin, -1];
  const prompt = d.prompt ?? `Question ${i} of ${task}\u2028?`;
  return {
    doc_id: i,
    doc: { id: d.doc ?? i, text: 'line\u2028separator' },
    target: String(target),
    arguments: { gen_args_0: { arg_0: prompt, arg_1: ' yes' }, gen_args_1: { arg_0: prompt, arg_1: ' no' } },
    resps: scores === null ? [] : scores.map((s) => [[String(s), 'False']]),
    filtered_resps: scores === null ? ['text'] : scores.map((s) => [String(s), 'False']),
    filter,
    metrics: d.score === null ? [] : [metric, ...(d.bias === undefined ? [] : ['bias'])],
    doc_hash: sha(`doc ${task} ${d.doc ?? i}`),
    prompt_hash: sha(prompt),
    target_hash: sha(String(target)),
    ...(d.score === null ? { unscored: 'http', error: '503' } : { [metric]: d.score, ...(d.bias === undefined ? {} : { bias: d.bias }) }),
  };
}

/** Returns `n` documents of which the given share is right, in a fixed pattern. */
export function docs(n: number, share: number): FakeDoc[] {
  return Array.from({ length: n }, (_, i) => ({ score: Math.floor((i + 1) * share) > Math.floor(i * share) ? 1 : 0 }));
}

/** Returns the documents with the first `count` right ones made wrong. */
export function spoil(given: readonly FakeDoc[], count: number): FakeDoc[] {
  let left = count;
  return given.map((d) => (d.score === 1 && left-- > 0 ? { ...d, score: 0 } : d));
}

/** A single-task benchmark as the task files would describe it. */
export function known(
  name: string,
  language: 'eu' | 'en' | 'es' | null = 'eu',
  leaves: readonly string[] = [name],
  category = 'reading comprehension',
): KnownBenchmark {
  return { name, language, category, headline: 'acc', leaves };
}
