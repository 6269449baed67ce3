/** Result files as each version of lm-evaluation-harness lays them out (its `evaluator.py`, `evaluator_utils.py` and `evaluation_tracker.py`). */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareOptions, compareRuns } from '../../src/compare/compare.js';
import { openRun } from '../../src/compare/open-run.js';
import type { Benchmark } from '../../src/leaderboard/columns.js';
import { readResultFile } from '../../src/results/read.js';
import { shared } from '../shared.js';
import { board, freshFolder } from './results.js';

const TASKS = { piqa: 0.7, exam_1: 0.4, exam_2: 0.8 };
const SIZES = { piqa: 1838, exam_1: 300, exam_2: 100 };
const EXAMS = 0.5;
const BENCHMARKS: readonly Benchmark[] = [
  { name: 'piqa', language: 'en', category: 'common sense', metricKey: 'acc,none', documents: 1838, leaves: ['piqa'] },
  { name: 'exams', language: 'eu', category: 'exams', metricKey: 'acc,none', documents: 400, leaves: ['exam_1', 'exam_2'] },
];
const KNOWN = BENCHMARKS.map((b) => ({ ...b, headline: 'acc' }));

type Version = '0.4.2' | '0.4.3' | '0.4.5' | '0.4.9' | '0.4.12' | '0.4.13';
const VERSIONS: readonly Version[] = ['0.4.2', '0.4.3', '0.4.5', '0.4.9', '0.4.12', '0.4.13'];

function each<T>(of: (name: keyof typeof TASKS) => T): Record<string, T> {
  return { piqa: of('piqa'), exam_1: of('exam_1'), exam_2: of('exam_2') };
}

/** What a run of piqa and the group `exams` leaves behind. */
function contentOf(version: Version, limit: number | null): Record<string, unknown> {
  const [counts, late] = [version !== '0.4.2', version === '0.4.12' || version === '0.4.13'];
  const sizeOf = (name: keyof typeof TASKS): number => Math.min(SIZES[name], limit ?? Number.POSITIVE_INFINITY);
  const named = (name: string, size: number) => (late ? { name, sample_len: size } : {});
  const task = (name: keyof typeof TASKS) => ({
    ...named(name, sizeOf(name)),
    alias: name === 'piqa' ? name : ` - ${name}`,
    'acc,none': TASKS[name],
    'acc_stderr,none': 0.01,
  });
  const total = sizeOf('exam_1') + sizeOf('exam_2');
  const group = {
    ...named('exams', total),
    ...(late ? { sample_count: { 'acc,none': total } } : {}),
    alias: 'exams',
    'acc,none': EXAMS,
    'acc_stderr,none': 0.02,
  };
  return {
    results: { ...each(task), exams: group },
    groups: { exams: group },
    group_subtasks: { exams: ['exam_1', 'exam_2'], ...(late ? {} : { piqa: [] }) },
    configs: each((name) => ({ task: name, dataset_path: 'a/b', output_type: 'multiple_choice' })),
    versions: { ...each(() => 1), exams: version === '0.4.2' ? 'N/A' : 1 },
    'n-shot': { ...each(() => 5), exams: 5 },
    ...(counts ? { higher_is_better: { ...each(() => ({ acc: true })), exams: { acc: version === '0.4.9' ? null : true } } } : {}),
    ...(counts ? { 'n-samples': each((name) => ({ original: SIZES[name], effective: sizeOf(name) })) } : {}),
    config: {
      model: 'hf',
      model_args: late ? { pretrained: 'o/m', dtype: 'float', rope: { factor: 2 } } : 'pretrained=o/m,dtype=float',
      limit,
    },
    git_hash: 'abcdefg',
    date: 1_720_000_000.5,
    ...(counts
      ? {
          task_hashes: each((name) => `hash of ${name}`),
          model_source: 'hf',
          model_name: 'o/m',
          model_name_sanitized: 'o__m',
          chat_template: null,
        }
      : {}),
    ...(version === '0.4.9' || late ? { lm_eval_version: version } : {}),
  };
}

/** Before 0.4.3 the file stands in the folder given and has no time in its name. */
function written(version: Version, limit: number | null = null): { dir: string; file: string } {
  const dir = freshFolder();
  const file = path.join(dir, version === '0.4.2' ? 'out/results.json' : 'o__m/results_2024-07-03T09-46-40.500000.json');
  mkdirSync(path.dirname(file));
  writeFileSync(file, JSON.stringify(contentOf(version, limit)));
  return { dir, file };
}

async function cells(version: Version, limit: number | null = null) {
  const b = await board([], { dirs: [written(version, limit).dir], benchmarks: BENCHMARKS });
  return { names: b.models.map((m) => m.model_name), piqa: b.models[0]?.cells.piqa, exams: b.models[0]?.cells.exams };
}

describe('files of the harness', () => {
  it.each(VERSIONS)('%s: the scores, and of the counts what it says', async (version) => {
    const { names, piqa, exams } = await cells(version);
    expect(names).toEqual(['o/m']);
    expect(piqa).toMatchObject({ value: 70, stderr: 1, partial: false, documents: version === '0.4.2' ? null : 1838 });
    expect(exams).toMatchObject({ value: 50, stderr: 2, partial: false, documents: version === '0.4.2' ? null : 400 });
  });

  it.each(VERSIONS)('%s: a limit is a part, whether documents are counted or not', async (version) => {
    const { piqa, exams } = await cells(version, 10);
    expect([piqa?.partial, exams?.partial]).toEqual([true, true]);
    expect([piqa?.documents, exams?.documents]).toEqual(version === '0.4.2' ? [null, null] : [10, 20]);
  });

  it.each(VERSIONS)('%s against 0.4.5: n is unknown where one side does not count', async (version) => {
    const sides = [await openRun(written('0.4.5').file), await openRun(written(version).file)] as const;
    const { benchmarks } = await compareRuns(...sides, compareOptions(KNOWN, { allow: new Set(['fingerprint']), rounds: 100 }));
    expect(benchmarks.map((r) => [r.benchmark, r.base, r.candidate, r.n, r.higherIsBetter])).toEqual([
      ['piqa', 0.7, 0.7, version === '0.4.2' ? null : 1838, true],
      ['exams', 0.5, 0.5, version === '0.4.2' ? null : 400, true],
    ]);
  });

  it('an older group without a mean of its own has no score, not zero', async () => {
    const dir = freshFolder();
    const content = contentOf('0.4.5', null);
    const results = {
      ...each((name) => ({ alias: name, 'acc,none': TASKS[name], 'acc_stderr,none': 'N/A' })),
      exams: { ' ': ' ', alias: 'exams' },
    };
    writeFileSync(path.join(dir, 'results_1.json'), JSON.stringify({ ...content, results, groups: undefined }));
    const b = await board([], { dirs: [dir], benchmarks: BENCHMARKS });
    expect(b.models[0]?.cells.exams).toBeUndefined();
    expect(b.models[0]?.cells.piqa).toMatchObject({ value: 70, stderr: null });
    expect(b.models[0]?.averages.eu).toBeNull();
  });
});

describe('what a file does not say', () => {
  const read = async (change: Record<string, unknown>) => {
    const file = path.join(freshFolder(), 'results_1.json');
    writeFileSync(file, JSON.stringify({ ...contentOf('0.4.9', null), ...change }));
    return readResultFile(file);
  };

  it('is unknown: a direction of null, the size of a split', async () => {
    const file = await read({ 'n-samples': { piqa: { effective: 10 } } });
    expect([...(file.tasks.get('exams')?.higherIsBetter ?? [])]).toEqual([]);
    expect(file.tasks.get('piqa')?.samples).toEqual({ original: null, effective: 10 });
    expect(file.tasks.get('exam_1')?.samples).toBeNull();
  });

  it('is an error where a shard would pass for a whole run', async () => {
    await expect(read({ eus_eval: { shard: { index: 1 } } })).rejects.toThrow('eus_eval.shard.count: missing');
  });
});

const OLD = shared('cases/second/old-trial');
it.skipIf(!existsSync(OLD))(`a later trial does not replace a whole run of 0.4.2 (${OLD})`, async () => {
  const benchmark = {
    ...BENCHMARKS[0],
    name: 'arc_eu_challenge',
    language: 'eu',
    category: 'x',
    metricKey: 'acc,none',
    documents: 1172,
  } as const;
  const b = await board([], { dirs: [OLD], benchmarks: [{ ...benchmark, leaves: ['arc_eu_challenge'] }] });
  expect(b.models.map((m) => m.cells.arc_eu_challenge)).toMatchObject([{ value: 40, partial: false, documents: null }]);
});
