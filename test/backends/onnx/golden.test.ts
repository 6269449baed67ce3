import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../../src/package-files.js';
import { SHARED, shared } from '../../shared.js';
import { compare, type Expected, goldenDate, readGolden } from './compare.js';

const FAMILIES = ['plain', 'chat'] as const;
const smollm2 = process.env.EUS_EVAL_SMOLLM2;
if (smollm2 === undefined) console.log('skipped: goldens of SmolLM2 (set EUS_EVAL_SMOLLM2 to the folder that make_smollm2.py wrote)');

/** Goldens of one model, family and data folder of ../shared. */
function goldens(model: string, data: string, family: string): Expected[] {
  const folder = shared(`golden/${model}/${data}`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${family}.jsonl`))
    .flatMap((name) => readGolden(`${folder}/${name}`, name.slice(0, -`.${family}.jsonl`.length)));
}

describe('the embedded model gives what the harness gives (a part of its goldens, kept in test/fixtures)', () => {
  const stored: Record<string, Expected[]> = JSON.parse(readFileSync(packagePath('test/fixtures/onnx/golden-tiny-llama.json'), 'utf8'));
  it.each(FAMILIES)('%s', async (family) => {
    const result = await compare(packagePath('fixtures/models/tiny-llama'), packagePath('fixtures/data'), family, stored[family] ?? []);
    expect(result.differences).toEqual([]);
    expect(result.documents).toBeGreaterThan(50);
    expect(result.work.computedTokens).toBeLessThanOrEqual(1.05 * result.work.distinctTokens);
  });
});

const MODELS = ['tiny-llama', 'tiny-llama31', 'tiny-mistral', 'tiny-qwen2', 'tiny-qwen3', 'tiny-gemma2', 'tiny-gemma3'];
describe.skipIf(SHARED === null)('all goldens of the tiny models', () => {
  for (const model of MODELS) {
    for (const family of FAMILIES) {
      for (const data of ['synthetic', 'datasets']) {
        it(`${model} ${family} ${data}`, async () => {
          const expected = goldens(model, data, family);
          expect(expected.length).toBeGreaterThan(0);
          const now = goldenDate(shared(`golden/${model}/${data}/eus_trivia.${family}.jsonl`));
          const result = await compare(shared(`models/${model}`), shared(`data/${data}`), family, expected, {}, now);
          expect(result.differences).toEqual([]);
          expect(result.work.computedTokens).toBeLessThanOrEqual(1.05 * result.work.distinctTokens);
          expect(result.work.paddingTokens).toBe(0);
        }, 900_000);
      }
    }
  }
});

describe.skipIf(SHARED === null || smollm2 === undefined)('all goldens of SmolLM2', () => {
  for (const family of FAMILIES) {
    for (const data of ['synthetic', 'datasets']) {
      it(`${family} ${data}`, async () => {
        const result = await compare(smollm2 ?? '', shared(`data/${data}`), family, goldens('smollm2', data, family), { threads: 2 });
        expect(result.differences).toEqual([]);
      }, 3_600_000);
    }
  }
});
