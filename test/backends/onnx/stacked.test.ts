import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../../src/package-files.js';
import { SHARED, shared } from '../../shared.js';
import { compare, type Expected, goldenDate, readGolden } from './compare.js';

const FOLDERS = ['tiny-llama', 'tiny-llama31', 'tiny-mistral', 'tiny-qwen2', 'tiny-qwen3', 'tiny-gemma2', 'tiny-gemma3'].map(
  (name) =>
    [
      name,
      [packagePath(`fixtures/models/${name}`), `${SHARED}/models/${name}`].find((folder) => existsSync(`${folder}/config.json`)) ?? null,
    ] as const,
);

describe('the graph whose keys and values stay on the device, on a CPU', () => {
  it('gives what the harness gives, generation included, and computes the tokens that the CPU computes', async () => {
    const stored: Record<string, Expected[]> = JSON.parse(readFileSync(packagePath('test/fixtures/onnx/golden-tiny-llama.json'), 'utf8'));
    const [stacked, cached] = await Promise.all(
      (['stacked', 'cached'] as const).map((attention) =>
        compare(packagePath('fixtures/models/tiny-llama'), packagePath('fixtures/data'), 'plain', stored.plain ?? [], {
          attention,
          batchTokens: 384,
        }),
      ),
    );
    expect(stacked?.differences).toEqual([]);
    expect(stacked?.documents).toBeGreaterThan(50);
    // How many texts are there to share with depends a little on how fast they come.
    const [tokens = 0, same = 0] = [stacked?.work.computedTokens, cached?.work.computedTokens];
    expect(Math.abs(tokens / same - 1)).toBeLessThan(0.02);
    expect(Math.max(tokens, same)).toBeLessThan(1.02 * (cached?.work.distinctTokens ?? 0));
  });

  it.skipIf(SHARED === null).each(FOLDERS)('%s', async (name, folder) => {
    const files = readdirSync(shared(`golden/${name}/synthetic`)).filter((file) => /^(piqa_eu|bbq_SES_ambig)\.chat\.jsonl$/.test(file));
    const expected = files.flatMap((file) => readGolden(shared(`golden/${name}/synthetic/${file}`), file.slice(0, -'.chat.jsonl'.length)));
    const now = goldenDate(shared(`golden/${name}/synthetic/eus_trivia.chat.jsonl`));
    const result = await compare(folder ?? '', shared('data/synthetic'), 'chat', expected, { attention: 'stacked', batchTokens: 256 }, now);
    expect(result.differences).toEqual([]);
  });
});
