/**
 * The harness's goldens on a device made of software, for the long job: `EUS_EVAL_WEBGPU_GOLDENS=N` takes the first N documents of each task (99: all), plain and chat, and
 * generation; `N:EXPRESSION` only of tasks whose names begin so.
 */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exactHalf } from '../../../src/backends/onnx/narrow-weights.js';
import { SHARED, shared } from '../../shared.js';
import { SOFTWARE_GPU } from '../../software-gpu.js';
import { type Comparison, compare, type Expected, goldenDate, readGolden, type Watch } from './compare.js';
import { readParts, writeParts } from './tensor-file.js';

const [count = '0', chosen = ''] = (process.env.EUS_EVAL_WEBGPU_GOLDENS ?? '0').split(':');
const PER_TASK = Number(count);
const TASKS = new RegExp(`^(${chosen})`);
/** A token of a text takes SwiftShader a second: there texts are compared as far as this. */
const TEXT_TOKENS = SOFTWARE_GPU?.includes('swiftshader') ? 16 : null;
const smollm2 = process.env.EUS_EVAL_SMOLLM2;
if (SHARED !== null && SOFTWARE_GPU !== null && PER_TASK === 0)
  console.log('skipped: goldens of seven models on WebGPU (EUS_EVAL_WEBGPU_GOLDENS=N takes N documents of each task)');
const OFF = SHARED === null || SOFTWARE_GPU === null || PER_TASK === 0;
const device = { device: 'webgpu', unchecked: true } as const;

const scratch = mkdtempSync(path.join(tmpdir(), 'eus-eval-webgpu-goldens-'));
process.env.EUS_EVAL_CACHE = scratch;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The first documents of each task whose name fits. */
function goldens(model: string, data: string, family: string, tasks = TASKS, perTask = PER_TASK): Expected[] {
  const folder = shared(`golden/${model}/${data}`);
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${family}.jsonl`) && tasks.test(name))
    .flatMap((name) => readGolden(`${folder}/${name}`, name.slice(0, -`.${family}.jsonl`.length)).slice(0, perTask));
}

/** Largest difference of two log-probabilities of the same request; infinite where kind, text or greedy flag differ. */
function farthest(a: Comparison, b: Comparison): number {
  let most = 0;
  for (const [id, one] of a.responses) {
    const other = b.responses.get(id);
    if (one.kind === 'choices' && other?.kind === 'choices') {
      if (one.greedy.join() !== other.greedy.join()) return Number.POSITIVE_INFINITY;
      for (const [i, value] of one.logprobs.entries()) most = Math.max(most, Math.abs(value - (other.logprobs[i] ?? Number.NaN)));
    } else if (one.kind !== 'generate' || other?.kind !== 'generate' || one.text !== other.text) return Number.POSITIVE_INFINITY;
  }
  return most;
}

const report = (what: string, result: Comparison, worst = result.worst): void => {
  const bits = result.facts.matrices_in_16_bits === undefined ? '' : `, ${result.facts.matrices_in_16_bits} matrices in 16 bits`;
  console.log(`${what}: ${result.documents} documents within ${worst.toExponential(1)}, ${result.work.runs} runs${bits}`);
};

describe.skipIf(OFF)('on a card made of software', () => {
  describe.each(['tiny-llama', 'tiny-llama31', 'tiny-mistral', 'tiny-qwen2', 'tiny-qwen3', 'tiny-gemma2', 'tiny-gemma3'])('%s', (model) => {
    it.each(['plain', 'chat'] as const)(
      '%s',
      async (family) => {
        const now = goldenDate(shared(`golden/${model}/synthetic/eus_trivia.${family}.jsonl`));
        const expected = goldens(model, 'synthetic', family);
        const result = await compare(shared(`models/${model}`), shared('data/synthetic'), family, expected, device, now, {
          newTokens: TEXT_TOKENS,
        });
        report(`${model} ${family}`, result);
        expect(result.differences).toEqual([]);
        expect(result.worst).toBeLessThan(1e-4);
      },
      3_600_000,
    );
  });

  it.each(['tiny-llama', 'tiny-gemma2'])(
    '%s as a file of float16 gives what it gives on a CPU',
    async (model) => {
      const folder = mkdtempSync(path.join(scratch, 'half-'));
      for (const name of readdirSync(shared(`models/${model}`)).filter((file) => /\.json$|\.jinja$|\.model$/.test(file)))
        copyFileSync(shared(`models/${model}/${name}`), path.join(folder, name));
      const parts = readParts(shared(`models/${model}/model.safetensors`)).map(([name, entry, bytes]) => {
        const values = new Float32Array(new Uint8Array(bytes).buffer);
        const bits = new Uint32Array(values.buffer);
        // Cut to what float16 holds: ten bits, and nothing below its normal numbers.
        for (let i = 0; i < bits.length; i++) bits[i] = Math.abs(values[i] ?? 0) < 2 ** -14 ? 0 : ((bits[i] ?? 0) & ~0x1fff) >>> 0;
        const halves = Uint16Array.from(values, (value) => exactHalf(value) ?? 0);
        return [name, { ...entry, dtype: 'F16' }, new Uint8Array(halves.buffer)] as const;
      });
      writeParts(path.join(folder, 'model.safetensors'), parts);
      const expected = goldens(model, 'synthetic', 'plain', /^(arc_easy|bl2mp|eus_trivia|mgsm_native_cot_eu|piqa_eu)/);
      const [cpu, card] = [{}, device].map((where) => compare(folder, shared('data/synthetic'), 'plain', expected, where));
      const [right, result] = [await cpu, await card];
      if (right === undefined || result === undefined) throw new Error('no answers');
      report(`${model} in float16`, result, farthest(right, result));
      expect(farthest(right, result)).toBeLessThan(1e-4);
      if (!SOFTWARE_GPU?.includes('swiftshader')) expect(Number(result.facts.matrices_in_16_bits)).toBeGreaterThan(20);
    },
    3_600_000,
  );

  it.each(['tiny-llama31', 'tiny-qwen3', 'tiny-gemma3'])(
    '%s: a prefix that is kept and one that is computed again give the same',
    async (model) => {
      const expected = goldens(model, 'synthetic', 'plain', /^(arc_easy|bbq_SES_ambig|eus_trivia|mgsm_native_cot_eu)/, 2);
      const run = (more: object): Promise<Comparison> =>
        compare(shared(`models/${model}`), shared('data/synthetic'), 'plain', expected, { ...device, ...more });
      const [kept, again] = [await run({}), await run({ single: true })];
      report(`${model} without reuse`, again, farthest(kept, again));
      expect(again.work.computedTokens).toBeGreaterThan(2 * kept.work.computedTokens);
      expect(farthest(kept, again)).toBeLessThan(1e-5);
    },
    3_600_000,
  );

  it.skipIf(smollm2 === undefined)(
    'SmolLM2-135M',
    async () => {
      // Of MGSM the document with the shortest text: a token of one takes about as long as a hundred of a prompt.
      const tasks = chosen === '' ? /^(bbq|eus_exams|eus_trivia|mgsm_native_cot_en)/ : TASKS;
      const all = goldens('smollm2', 'datasets', 'plain', tasks, 99);
      const texts = all.filter(({ text }) => text !== null).sort((a, b) => (a.text ?? '').length - (b.text ?? '').length);
      const expected = [...goldens('smollm2', 'datasets', 'plain', tasks).filter(({ text }) => text === null), ...texts.slice(0, 1)];
      const start = performance.now();
      const seconds = (): string => ((performance.now() - start) / 1000).toFixed(0);
      // Each document with its difference: hours on a slow machine are not lost when the test is ended.
      const heard: Watch['heard'] = ({ task, docId, choices, text }, response, { runs, computedTokens }) => {
        const scores = response.kind === 'choices' ? response.logprobs : [];
        const worst = Math.max(0, ...(choices ?? []).map(([logprob], i) => Math.abs(logprob - (scores[i] ?? Number.NaN))));
        const found =
          response.kind === 'generate' ? (response.text === text ? 'the same text' : 'another text') : `within ${worst.toExponential(1)}`;
        console.log(`SmolLM2 ${task} ${docId}: ${found}; after ${seconds()} s, ${runs} runs, ${computedTokens} tokens`);
      };
      const result = await compare(smollm2 ?? '', shared('data/datasets'), 'plain', expected, device, null, { heard });
      report('SmolLM2', result);
      expect(result.differences).toEqual([]);
      expect(result.worst).toBeLessThan(1e-4);
    },
    3_600_000,
  );
});
