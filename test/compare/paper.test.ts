import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { compareOptions, compareRuns } from '../../src/compare/compare.js';
import { knownBenchmarks } from '../../src/compare/known.js';
import { openRun } from '../../src/compare/open-run.js';
import { align, BIAS_CELLS, biasOf, pairTask } from '../../src/compare/pair.js';
import { readSamples } from '../../src/results/read-samples.js';
import { SHARED, shared } from '../shared.js';

type Table = Map<string, number>;
function paperTable(model: string): Table {
  const cells: Table = new Map();
  for (const file of ['benchmarks-eu.csv', 'benchmarks-en-es.csv']) {
    const rows: Record<string, string>[] = parse(readFileSync(shared(`paper/tables/${file}`), 'utf8'), { columns: true });
    const row = rows.find((r) => r.model === model) ?? {};
    for (const [column, value] of Object.entries(row))
      if (column !== 'model') cells.set(column === 'average' ? 'average_eu' : column, Number(value));
  }
  return cells;
}

describe.skipIf(SHARED === null)('on the recorded results of the paper', () => {
  it('Latxa 3.1 8B Instruct against Llama 3.1 8B Instruct: the paper’s gains in Basque and losses in English', async () => {
    // paper/models.csv: Instruct EN + C EU I EN is the published Latxa Instruct (as for its 70B sister), Instruct EN is Meta's.
    const models: Record<string, string>[] = parse(readFileSync(shared('paper/models.csv'), 'utf8'), { columns: true });
    const folder = (name: string): string => shared(`paper/lm-eval-results/${models.find((m) => m.table_name === name)?.folder}`);
    const [before, after] = ['Instruct EN', 'Instruct EN + C EU I EN'];
    const [base, candidate] = [await openRun(folder(before ?? '')), await openRun(folder(after ?? ''))];
    const known = await knownBenchmarks();

    const strict = await compareRuns(base, candidate, compareOptions(known));
    expect(strict.refused.map((r) => [r.benchmark, r.differences.map((d) => d.what)])).toEqual([
      ['arc_eu_challenge', ['fingerprint']],
      ['mgsm_native_cot_en', ['version']],
      ['mgsm_native_cot_es', ['version']],
    ]);

    const all = await compareRuns(base, candidate, compareOptions(known, { allow: new Set(['fingerprint', 'version']) }));
    const [old, now] = [paperTable(before ?? ''), paperTable(after ?? '')];
    const rows = all.benchmarks.filter((r) => r.category !== 'bias');
    expect(rows).toHaveLength(27);
    expect(all.benchmarks).toHaveLength(29);
    for (const row of rows) {
      const [b, c] = [old.get(row.benchmark) ?? Number.NaN, now.get(row.benchmark) ?? Number.NaN];
      expect(100 * row.base, row.benchmark).toBeCloseTo(b, 1);
      expect(100 * row.candidate, row.benchmark).toBeCloseTo(c, 1);
      expect(Math.sign(row.difference), row.benchmark).toBe(Math.sign(c - b));
      expect(row.paired).toBe(false);
    }
    for (const average of all.languages) {
      // The paper's English column averages bbq as well; ours never mixes the bias benchmark in (semantics, section 7).
      const bias = all.benchmarks.filter((r) => r.language === average.language && r.category === 'bias' && average.language === 'en');
      const k = average.benchmarks.length;
      const mean = (value: number, extra: number[]): number => (100 * (value * k + extra.reduce((a, x) => a + x, 0))) / (k + extra.length);
      expect(
        mean(
          average.base,
          bias.map((r) => r.base),
        ),
      ).toBeCloseTo(old.get(`average_${average.language}`) ?? Number.NaN, 1);
      expect(
        mean(
          average.candidate,
          bias.map((r) => r.candidate),
        ),
      ).toBeCloseTo(now.get(`average_${average.language}`) ?? Number.NaN, 1);
      expect(average.pHolm).toBeLessThan(0.05);
    }
    expect(all.languages.map((r) => [r.language, r.benchmarks.length, Math.sign(r.difference)])).toEqual([
      ['eu', 14, 1],
      ['en', 9, -1],
      ['es', 4, -1],
    ]);
    // All 14 Basque benchmarks gain; in English only the local part of BertaQA does.
    expect(rows.filter((r) => r.language === 'eu').every((r) => r.difference > 0)).toBe(true);
    expect(rows.filter((r) => r.language === 'en' && r.difference > 0).map((r) => r.benchmark)).toEqual(['bertaqa_en_local']);
  });

  it('the bias of a task, from its documents, is the harness’s', async () => {
    const dir = shared('golden/tiny-llama/synthetic');
    const summary: Record<string, Record<string, number>> = JSON.parse(readFileSync(`${dir}/summary.plain.json`, 'utf8'));
    const names = readdirSync(dir).filter((f) => /^(basq)?bbq_.*\.plain\.jsonl$/.test(f));
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      const task = name.slice(0, -'.plain.jsonl'.length);
      const samples = await readSamples(path.join(dir, name), task);
      const { bias } = pairTask(samples, samples, align(samples, samples), { key: 'acc,none', higherIsBetter: true }, 0);
      const counts = new Float64Array(BIAS_CELLS);
      for (const cell of bias ?? []) counts[cell] = (counts[cell] ?? 0) + 1;
      expect(biasOf(counts).candidate, task).toBeCloseTo(summary[task]?.['bias,none'] ?? Number.NaN, 9);
      expect(biasOf(counts).base, task).toBeCloseTo(summary[task]?.['bias,none'] ?? Number.NaN, 9);
    }
  });
});
