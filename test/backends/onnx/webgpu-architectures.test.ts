/**
 * Tiny models of other architectures (`test/models/reference`) on a card made of software, against transformers: states that layers carry, experts, attention sinks, and tables that
 * are larger than a binding. `EUS_EVAL_WEBGPU_MODELS=EXPRESSION` takes the fixtures that it names instead of three; SwiftShader is too slow for the usual suite.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../../src/package-files.js';
import type { Ask } from '../../../src/types.js';
import { readFixture, writeModel } from '../../models/reference/weights.js';
import { SOFTWARE_GPU } from '../../software-gpu.js';
import { askAll, openModel } from './compare.js';
import { operatorsOnHost } from './placement.js';

interface Documents {
  readonly choices: readonly { readonly context: string; readonly continuations: readonly string[] }[];
  readonly generate: readonly { readonly prompt: string; readonly tokens: number }[];
}
const { choices, generate }: Documents = JSON.parse(readFileSync(packagePath('test/models/reference/documents.json'), 'utf8'));
/** Tables of its layers, experts and sinks, states. */
const USUAL = '(gemma4_text-b|gpt_oss-b|qwen3_5-b)$';
const slow = SOFTWARE_GPU?.includes('swiftshader') === true;
const pattern = process.env.EUS_EVAL_WEBGPU_MODELS ?? (slow ? '' : USUAL);
if (SOFTWARE_GPU !== null && pattern === '')
  console.log(`skipped: other architectures on WebGPU, which take minutes on SwiftShader (EUS_EVAL_WEBGPU_MODELS='${USUAL}')`);
const names =
  pattern === ''
    ? []
    : readdirSync(packagePath('test/models/reference/models'))
        .map((file) => file.replace('.json', ''))
        .filter((name) => new RegExp(`^(${pattern})`).test(name));

/** What may run on the host, a few whole numbers for each row: which experts a row uses, and the plan by which states follow each other. */
const PLANNING = 'Add,Cast,Concat,Div,Equal,Gather,GatherElements,Identity,Loop,ReduceSum,Reshape,Shape,Slice,TopK'.split(',');
const PLANNED = /moe|oss|mix|qwen3_5|qwen3_next|hybrid/;

const scratch = mkdtempSync(path.join(tmpdir(), 'eus-eval-webgpu-architectures-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const asks: Ask[] = [
  ...choices.map(({ context, continuations }, id): Ask => ({ id, request: { kind: 'choices', context, continuations } })),
  ...generate.map(
    ({ prompt, tokens }, i): Ask => ({
      id: choices.length + i,
      request: { kind: 'generate', context: prompt, until: ['<|im_end|>'], maxNewTokens: tokens },
    }),
  ),
];

describe.skipIf(SOFTWARE_GPU === null || names.length === 0)('on a card made of software', () => {
  it.each(names)(
    '%s',
    async (name) => {
      const fixture = readFixture(name);
      const folder = writeModel(fixture);
      const profile = path.join(scratch, name);
      process.env.EUS_EVAL_TEST_PROFILE = profile;
      try {
        // Small bindings: tables of these models lie in several parts.
        const backend = await openModel(folder, { device: 'webgpu', unchecked: true, bindingBytes: 64 * 1024 });
        const responses = await askAll(backend, asks).finally(() => backend.close());
        let worst = 0;
        for (const { id } of asks) {
          const response = responses.get(id);
          const expected = fixture.choices[id];
          if (response?.kind === 'choices' && expected !== undefined) {
            expect(response.greedy).toEqual(expected.map(([, greedy]) => greedy));
            for (const [i, [logprob]] of expected.entries())
              worst = Math.max(worst, Math.abs(logprob - (response.logprobs[i] ?? Number.NaN)));
          } else expect(response).toMatchObject({ kind: 'generate', text: fixture.texts[id - choices.length] });
        }
        const { onCard, onHost } = operatorsOnHost(profile);
        console.log(
          `${name}: within ${worst.toExponential(1)}; ${onCard} nodes on the card, on the host: ${[...onHost].join(', ') || 'none'}`,
        );
        expect(worst).toBeLessThan(1e-4);
        expect(onCard).toBeGreaterThan(100);
        expect([...onHost.keys()].filter((operator) => !PLANNED.test(name) || !PLANNING.includes(operator))).toEqual([]);
      } finally {
        delete process.env.EUS_EVAL_TEST_PROFILE;
        rmSync(folder, { recursive: true });
      }
    },
    900_000,
  );
});
