import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type MetricName, metricNamed } from '../../src/metrics/registry.js';
import { unescapeHtml } from '../../src/python/html.js';
import type { MetricValue } from '../../src/types.js';

/** Made by make-tables.py: sacreBLEU, scikit-learn, the harness and Python's html module. */
interface Tables {
  readonly translations: readonly {
    readonly documents: readonly (readonly [readonly string[], string])[];
    readonly bleu: number;
    readonly chrf: number;
    readonly ter: number;
  }[];
  readonly labels: readonly {
    readonly items: readonly (readonly [number, number])[];
    readonly mcc: number;
    readonly f1: Readonly<Record<string, number>>;
    readonly f1_of_0_and_2: number;
    readonly stderr?: { readonly iterations: number; readonly mcc: number; readonly macro: number };
  }[];
  readonly perplexity: { readonly values: readonly number[]; readonly value: number; readonly stderr: number };
  readonly rolling: {
    readonly values: readonly (readonly [number, number])[];
    readonly weighted_perplexity: number;
    readonly bits_per_byte: number;
  };
  readonly brier: { readonly values: readonly (readonly [number, readonly number[]])[]; readonly value: number };
  readonly html: readonly (readonly [string, string])[];
}
const tables: Tables = JSON.parse(readFileSync(new URL('tables.json', import.meta.url), 'utf8'));

function estimateOf(name: MetricName, values: readonly MetricValue[], options = {}, iterations = 0) {
  return metricNamed(name).bind(options).estimate(values, iterations);
}

function expectEqual(own: number | null, theirs: number, what: string): void {
  expect(Math.abs((own ?? Number.NaN) - theirs), `${what}: ${own} instead of ${theirs}`).toBeLessThanOrEqual(
    1e-9 * Math.max(1, Math.abs(theirs)),
  );
}

describe('values of other programs', () => {
  test.each(['bleu', 'chrf', 'ter'] as const)('%s of sacreBLEU, of one and of several references', (name) => {
    for (const [i, row] of tables.translations.entries()) expectEqual(estimateOf(name, row.documents).value, row[name], `translation ${i}`);
  });

  test('F1 and MCC of scikit-learn, also where a target names no choice', () => {
    for (const [i, { items, mcc, f1, f1_of_0_and_2, stderr }] of tables.labels.entries()) {
      expectEqual(estimateOf('mcc', items).value, mcc, `mcc ${i}`);
      for (const [average, value] of Object.entries(f1)) expectEqual(estimateOf('f1', items, { average }).value, value, `${average} ${i}`);
      expectEqual(estimateOf('f1', items, { average: 'macro', labels: [0, 2] }).value, f1_of_0_and_2, `labels ${i}`);
      if (stderr === undefined) continue;
      expectEqual(estimateOf('mcc', items, {}, stderr.iterations).stderr, stderr.mcc, `error of mcc ${i}`);
      expectEqual(estimateOf('f1', items, { average: 'macro' }, stderr.iterations).stderr, stderr.macro, `error of f1 ${i}`);
    }
  });

  test('perplexities and the Brier score of the harness, with the error of 100,000 resamples', () => {
    const { perplexity, rolling, brier } = tables;
    const own = metricNamed('perplexity').bind({}).estimate(perplexity.values);
    expectEqual(own.value, perplexity.value, 'perplexity');
    expectEqual(own.stderr, perplexity.stderr, 'its error');
    for (const name of ['word_perplexity', 'byte_perplexity'] as const)
      expectEqual(estimateOf(name, rolling.values).value, rolling.weighted_perplexity, name);
    expectEqual(estimateOf('bits_per_byte', rolling.values).value, rolling.bits_per_byte, 'bits per byte');
    expectEqual(estimateOf('brier_score', brier.values).value, brier.value, 'brier');
  });

  test('character references as Python reads them', () => {
    expect(tables.html.map(([text]) => [text, unescapeHtml(text)])).toEqual(tables.html);
    expect(tables.html.length).toBeGreaterThan(300);
  });
});
