import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../../src/package-files.js';
import type { Ask, Request } from '../../../src/types.js';
import { SHARED, shared } from '../../shared.js';
import { SOFTWARE_GPU } from '../../software-gpu.js';
import { askAll, compare, type Expected, openModel, readGolden } from './compare.js';
import { operatorsOnHost } from './placement.js';

const tiny = packagePath('fixtures/models/tiny-llama');
const scratch = mkdtempSync(path.join(tmpdir(), 'eus-eval-webgpu-'));
process.env.EUS_EVAL_CACHE = scratch;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const stored: Record<string, Expected[]> = JSON.parse(readFileSync(packagePath('test/fixtures/onnx/golden-tiny-llama.json'), 'utf8'));
/** The first documents of each task. */
const first = (count: number, tasks: RegExp): Expected[] => {
  const seen = new Map<string, number>();
  return (stored.plain ?? []).filter((e) => {
    const before = seen.get(e.task) ?? 0;
    seen.set(e.task, before + 1);
    return tasks.test(e.task) && before < count;
  });
};
/** SwiftShader is eight times slower than lavapipe, so little is asked of it here. */
const FAST = SOFTWARE_GPU !== null && !/swiftshader/.test(SOFTWARE_GPU);
if (SOFTWARE_GPU !== null && !FAST)
  console.log('skipped: tests on WebGPU that take minutes on SwiftShader (lavapipe of Debian 13 runs them)');
const unchecked = { device: 'webgpu', unchecked: true } as const;
const choices = (context: string, continuations: string[]): Request => ({ kind: 'choices', context, continuations });

describe.skipIf(SOFTWARE_GPU === null)('on a card made of software', () => {
  it('scores and generates what the harness does; no operator of a layer or over the vocabulary runs on the host', async () => {
    process.env.EUS_EVAL_TEST_PROFILE = path.join(scratch, 'profile');
    const result = await compare(
      tiny,
      packagePath('fixtures/data'),
      'plain',
      first(FAST ? 2 : 1, FAST ? /^(arc_easy|piqa|eus_trivia|bl2mp)/ : /^bl2mp/),
      unchecked,
    ).finally(() => {
      delete process.env.EUS_EVAL_TEST_PROFILE;
    });
    expect(result.differences).toEqual([]);
    expect(result.worst).toBeLessThan(1e-4);
    expect(result.work.details).toMatchObject({ bytesToCard: expect.any(Number), bytesFromCard: expect.any(Number) });
    const { onCard, onHost } = operatorsOnHost(path.join(scratch, 'profile'));
    expect(onCard).toBeGreaterThan(100);
    expect([...onHost]).toEqual([]);
  }, 600_000);

  it.skipIf(!FAST)(
    'tables in parts and a prefix that is not kept give the same',
    async () => {
      const context = 'Galdera: zein da Euskal Herriko mendirik altuena?\nErantzuna:';
      const asks: Ask[] = [' Anboto', ' Aizkorri', ' Gorbeia'].map((name, id) => ({
        id,
        request: choices(`${context} ${id}`, [name, ' A', ' B']),
      }));
      const answers = async (more: object): Promise<number[]> => {
        const backend = await openModel(tiny, { ...unchecked, ...more });
        try {
          return [...(await askAll(backend, asks)).values()].flatMap((r) => (r.kind === 'choices' ? r.logprobs : [Number.NaN]));
        } finally {
          await backend.close();
        }
      };
      const whole = await answers({});
      const inParts = await answers({ bindingBytes: 64 * 1024 });
      const single = await answers({ single: true });
      for (const [i, value] of whole.entries()) {
        expect(Math.abs(value - (inParts[i] ?? Number.NaN))).toBeLessThan(1e-5);
        expect(Math.abs(value - (single[i] ?? Number.NaN))).toBeLessThan(1e-5);
      }
    },
    600_000,
  );

  it.skipIf(!FAST)(
    'the check passes the right graph, once',
    async () => {
      const said: string[] = [];
      const say = (line: string): void => {
        said.push(line);
      };
      for (const _ of [1, 2]) {
        const backend = await openModel(tiny, { device: 'webgpu', say });
        expect(backend.facts.device_check).toMatch(/^log-probabilities within [0-9.]+e-[5-9] of the CPU's in 4 kinds of runs/);
        await backend.close();
      }
      expect(said).toHaveLength(1);
    },
    600_000,
  );

  it('the check refuses a graph whose attention kernel is wrong for many tokens, and names the kind of run', async () => {
    await expect(openModel(tiny, { device: 'webgpu', attention: 'cached' })).rejects.toThrow(
      /^--device webgpu: software .* computes wrong: (many tokens|a shared prefix with branches): a log-probability differs from the CPU's by 0\.\d+/,
    );
  }, 600_000);

  it.skipIf(SHARED === null).each(['tiny-llama31', 'tiny-qwen3', 'tiny-gemma2'])(
    '%s',
    async (name) => {
      const file = 'bl2mp.plain.jsonl';
      const expected = readGolden(shared(`golden/${name}/synthetic/${file}`), 'bl2mp').slice(0, FAST ? 6 : 2);
      const result = await compare(shared(`models/${name}`), shared('data/synthetic'), 'plain', expected, unchecked);
      expect(result.differences).toEqual([]);
      expect(result.worst).toBeLessThan(1e-4);
    },
    120_000,
  );
});

describe('without a device', () => {
  it('the refusal is one line with the way out, and nothing else is printed', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { VK_DRIVER_FILES: '/nonexistent.json', VK_ICD_FILENAMES: '/nonexistent.json' });
    try {
      await expect(openModel(tiny, { device: 'webgpu' })).rejects.toThrow(
        /^--device webgpu: no graphics card that WebGPU can use was found; [^\n]+$/,
      );
    } finally {
      for (const name of ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  }, 60_000);

  it('a dtype that WebGPU does not know is refused', async () => {
    await expect(openModel(tiny, { device: 'webgpu', dtype: 'bfloat16' })).rejects.toThrow(/bfloat16 is not known to WebGPU/);
  });
});
