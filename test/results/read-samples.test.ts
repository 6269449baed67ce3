import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../src/compare/open-run.js';
import { BIAS_CODES, NO_BIAS, readSamples } from '../../src/results/read-samples.js';
import { SHARED, shared } from '../shared.js';

const folder = mkdtempSync(path.join(tmpdir(), 'eus-eval-samples-'));
const hex = (digit: string): string => digit.repeat(64);
const line = (fields: Record<string, unknown>): Record<string, unknown> => ({
  doc_id: 0,
  filter: 'none',
  metrics: ['acc'],
  doc_hash: hex('a'),
  prompt_hash: hex('b'),
  target_hash: hex('c'),
  acc: 1,
  ...fields,
});
let files = 0;
function file(lines: readonly unknown[]): string {
  const name = path.join(folder, `${files++}.jsonl`);
  writeFileSync(name, lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n'));
  return name;
}

describe('readSamples', () => {
  it('keeps U+2028 inside a line, and reads a last line without its end', async () => {
    const read = await readSamples(file([line({ doc: 'a\u2028b\u0085c' }), line({ doc_id: 1, doc_hash: hex('d'), acc: 0 })]), 't');
    expect([...(read.outcomes.get('acc,none') ?? [])]).toEqual([1, 0]);
  });

  it('joins the lines of several filters to one document', async () => {
    const two = ['strict-match', 'flexible-extract'].flatMap((filter) =>
      [0, 1].map((i) =>
        line({ doc_id: i, doc_hash: hex(String(i)), filter, metrics: ['exact_match'], exact_match: filter === 'strict-match' ? 0 : i }),
      ),
    );
    const read = await readSamples(file(two), 't');
    expect(read.docHashes).toHaveLength(2);
    expect([...(read.outcomes.get('exact_match,flexible-extract') ?? [])]).toEqual([0, 1]);
    expect([...(read.outcomes.get('exact_match,strict-match') ?? [])]).toEqual([0, 0]);
  });

  it('counts unscored documents once and gives them no score', async () => {
    const unscored = ['a', 'b'].map((filter) => line({ filter, metrics: [], acc: undefined, unscored: 'http', error: '503' }));
    const read = await readSamples(file([...unscored, line({ doc_id: 1, filter: 'a' })]), 't');
    expect([...read.unscored]).toEqual([['http', 1]]);
    expect([...(read.outcomes.get('acc,a') ?? [])]).toEqual([Number.NaN, 1]);
  });

  it('reads the bias counters of the benchmark’s authors and our own words alike', async () => {
    const forms: [unknown, number][] = [
      [{ BIAS: 1, NON_BIAS: 0, UNK: 0 }, BIAS_CODES.ambigBiased],
      [{ condition: 'ambig', answer: 'biased' }, BIAS_CODES.ambigBiased],
      [{ BIAS: 0, NON_BIAS: 1, UNK: 0 }, BIAS_CODES.ambigCounter],
      [{ condition: 'ambig', answer: 'unknown' }, BIAS_CODES.ambigUnknown],
      [{ cB: 0, B: 1, cB_count: 0, B_count: 1 }, BIAS_CODES.biasedRight],
      [{ cB: 0, B: 0, cB_count: 1, B_count: 0 }, BIAS_CODES.counterWrong],
      [{ condition: 'disambig', side: 'counter', correct: false }, BIAS_CODES.counterWrong],
    ];
    const read = await readSamples(
      file([
        ...forms.map(([bias], i) => line({ doc_id: i, doc_hash: hex(String(i)), metrics: ['acc', 'bias'], bias })),
        line({ doc_id: 'x', doc_hash: hex('f') }),
      ]),
      't',
    );
    expect([...(read.bias ?? [])]).toEqual([...forms.map(([, code]) => code), NO_BIAS]);
  });

  it('gives the distance from flipping, in texts as in numbers', async () => {
    const read = await readSamples(
      file([
        line({
          target: '1',
          filtered_resps: [
            ['-3.5', 'False'],
            ['-1.25', 'True'],
            ['-2.0', 'False'],
          ],
        }),
        line({
          doc_id: 1,
          doc_hash: hex('d'),
          target: 0,
          filtered_resps: [
            [-3, false],
            [-1, true],
          ],
        }),
        line({ doc_id: 2, doc_hash: hex('e'), target: '42', filtered_resps: ['42'] }),
      ]),
      't',
    );
    expect([...(read.margins ?? [])]).toEqual([0.75, -2, Number.NaN]);
  });

  it.each<[string, unknown[], RegExp]>([
    ['no JSON', ['{"doc_id": 0'], /\d+\.jsonl:1: not JSON/],
    ['a cut line', [line({}), JSON.stringify(line({})).slice(0, 50)], /:2: not JSON/],
    ['no hash', [line({ doc_hash: undefined })], /doc_hash is missing; expected a sha256/],
    ['a text as score', [line({ acc: 'high' })], /acc is "high"; expected a number/],
    ['the same document twice', [line({}), line({})], /document 0 is there twice for the filter 'none'/],
    ['a document that changes', [line({}), line({ filter: 'b', doc_hash: hex('e') })], /other hashes than in an earlier line/],
    ['an unknown bias', [line({ metrics: ['bias'], bias: { what: 1 } })], /bias is \{"what":1\}/],
  ])('refuses %s, naming file and line', async (_, lines, message) => {
    await expect(readSamples(file(lines), 't')).rejects.toThrow(message);
  });
});

describe('readSamples on a run of the harness’s command line (harness/make.sh)', () => {
  it('gives back the numbers of the result file beside it', async () => {
    const dir = fileURLToPath(new URL('harness', import.meta.url));
    const run = await openRun(dir);
    let checked = 0;
    for (const file of readdirSync(dir).filter((f) => f.startsWith('samples_'))) {
      const task = run.tasks.get(/^samples_(.*)_2/.exec(file)?.[1] ?? '');
      const samples = await task?.samples?.();
      for (const [key, column] of samples?.outcomes ?? []) {
        expect(column.reduce((a, b) => a + b, 0) / 8, key).toBeCloseTo(task?.result.estimates.get(key)?.value ?? Number.NaN, 12);
        checked++;
      }
      expect(
        createHash('sha256')
          .update(
            (samples?.docHashes ?? [])
              .map((h, i) => h + samples?.promptHashes?.[i] + samples?.targetHashes?.[i])
              .join('')
              .repeat(task?.result.name === 'toy_gen' ? 2 : 1),
          )
          .digest('hex'),
      ).toBe(task?.result.hash);
    }
    expect(checked).toBe(4);
    const toy = await run.tasks.get('toy_mc')?.samples?.();
    const acc = toy?.outcomes.get('acc,none');
    expect(toy?.margins?.every((m, i) => m > 0 === (acc?.[i] === 1))).toBe(true);
  });
});

describe.skipIf(SHARED === null)('readSamples on what the harness wrote', () => {
  it('gives the harness’s own aggregates back', async () => {
    const dir = shared('golden/tiny-llama/synthetic');
    const summary: Record<string, Record<string, unknown>> = JSON.parse(
      await (await import('node:fs/promises')).readFile(`${dir}/summary.plain.json`, 'utf8'),
    );
    let checked = 0;
    for (const name of readdirSync(dir).filter((f) => f.endsWith('.plain.jsonl'))) {
      const task = name.slice(0, -'.plain.jsonl'.length);
      const read = await readSamples(path.join(dir, name), task);
      for (const [key, column] of read.outcomes) {
        expect(column.reduce((a, b) => a + b, 0) / column.length, `${task} ${key}`).toBeCloseTo(Number(summary[task]?.[key]), 12);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(30);
  });
});
