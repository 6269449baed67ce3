/**
 * Tiny models of every type against transformers (make_models.py): log-probabilities, greedy flags and generated texts, with everything in one run and with runs so small that
 * prefixes, windows and the original context of a scaled rotation are crossed between runs. `EUS_EVAL_MODELS_FROM=FOLDER` takes others, which `make_models.py --random` wrote.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OnnxOptions } from '../../../src/backends/onnx/open.js';
import { packagePath } from '../../../src/package-files.js';
import type { Ask } from '../../../src/types.js';
import { askAll, askEachAlone, openModel } from '../../backends/onnx/compare.js';
import { FIXTURES, readFixture, writeModel } from './weights.js';

interface Documents {
  readonly choices: readonly { readonly context: string; readonly continuations: readonly string[] }[];
  readonly generate: readonly { readonly prompt: string; readonly tokens: number }[];
}
const documents: Documents = JSON.parse(readFileSync(packagePath('test/models/reference/documents.json'), 'utf8'));
/** Of a sum of log-probabilities of up to 20 tokens, in float32. */
const TOLERANCE = 1e-4;
/** All at once, in runs of few tokens, and as cards compute. */
const RUNS: readonly Partial<OnnxOptions>[] = [{}, { batchTokens: 24 }, { attention: 'packed' }, { attention: 'stacked' }];

const asks: Ask[] = [
  ...documents.choices.map(({ context, continuations }, id): Ask => ({ id, request: { kind: 'choices', context, continuations } })),
  ...documents.generate.map(
    ({ prompt, tokens }, i): Ask => ({
      id: documents.choices.length + i,
      request: { kind: 'generate', context: prompt, until: ['<|im_end|>'], maxNewTokens: tokens },
    }),
  ),
];

/** What differs from the fixture, one line for each answer, and the largest difference of a log-probability. */
async function compareWith(
  folder: string,
  name: string,
  more: Partial<OnnxOptions>,
  ask: typeof askEachAlone = askAll,
): Promise<{ differences: string[]; worst: number }> {
  const fixture = readFixture(name);
  const backend = await openModel(folder, more);
  const responses = await ask(backend, asks).finally(() => backend.close());
  const differences: string[] = [];
  let worst = 0;
  for (const { id } of asks) {
    const where = `${JSON.stringify(more)} ${id}`;
    const response = responses.get(id);
    const choices = fixture.choices[id];
    if (response?.kind === 'choices' && choices !== undefined)
      choices.forEach(([logprob, greedy], i) => {
        const error = Math.abs(logprob - (response.logprobs[i] ?? Number.NaN));
        worst = Math.max(worst, error);
        if (!(error <= TOLERANCE)) differences.push(`${where}: ${response.logprobs[i]} instead of ${logprob}`);
        if (response.greedy[i] !== greedy) differences.push(`${where}: greedy ${response.greedy[i]}`);
      });
    else if (response?.kind !== 'generate' || response.text !== fixture.texts[id - documents.choices.length])
      differences.push(`${where}: ${JSON.stringify(response)} instead of ${JSON.stringify(fixture.texts[id - documents.choices.length])}`);
  }
  return { differences, worst };
}

const all = readdirSync(FIXTURES).map((file) => file.replace('.json', ''));
/** One of each kind of attention, position and block in the usual suite; all with EUS_EVAL_EVERY_MODEL=1, those that an expression names with EUS_EVAL_MODELS. */
const USUAL = [
  'bloom-b',
  'cohere2-a',
  'falcon-b',
  'gemma3-b',
  'glm4-a',
  'gpt2-a',
  'gemma3n_text-b',
  'gpt_oss-b',
  'granitemoehybrid-mamba-b',
  'lfm2_moe-a',
  'ministral3-b',
  'olmo3-a',
  'qwen3_moe-a',
  'qwen3_5-b',
  'stablelm-b',
];
const { EUS_EVAL_EVERY_MODEL: every, EUS_EVAL_MODELS: pattern } = process.env;
const names = process.env.EUS_EVAL_MODELS_FROM
  ? all.filter((name) => new RegExp(pattern ?? '').test(name))
  : pattern
    ? all.filter((name) => new RegExp(pattern).test(name))
    : every
      ? all
      : USUAL;

describe('tiny models of every type', () => {
  it.each(names)('%s', async (name) => {
    const fixture = readFixture(name);
    const folder = writeModel(fixture);
    try {
      let largest = 0;
      for (const more of every || pattern ? RUNS : RUNS.slice(0, 2)) {
        const { differences, worst } = await compareWith(folder, name, more);
        largest = Math.max(largest, worst);
        expect(differences).toEqual([]);
      }
      if (every || pattern) expect((await compareWith(folder, name, {}, askEachAlone)).differences).toEqual([]);
      if (pattern) console.log(`${name}: largest difference ${largest.toExponential(1)}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
