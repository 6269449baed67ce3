import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import '../../../src/backends/onnx/no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { newGraph } from '../../../src/backends/onnx/graph-builder.js';
import { readQuantized } from '../../../src/backends/onnx/quantization/read-quantized.js';
import { readWeights } from '../../../src/backends/onnx/weight-files.js';
import { DEFAULT_OPEN_OPTIONS, openBackend } from '../../../src/backends/open.js';
import { UserError } from '../../../src/errors.js';
import { readQuantization } from '../../../src/models/quantization-config.js';
import { packagePath } from '../../../src/package-files.js';
import type { Ask, Backend } from '../../../src/types.js';
import { askAll, openModel } from './compare.js';
import { type Part, readParts, writeParts } from './tensor-file.js';

interface Variant {
  readonly config: Record<string, unknown>;
  readonly shapes: readonly [number, number][];
  /** Sums of log-probabilities of transformers with the dequantized weights. */
  readonly scores?: number[][];
  /** The model's own config.json, where it is not tiny-llama. */
  readonly model?: Record<string, unknown>;
}

/** Written by test/fixtures/quantized/make_quantized.py with the libraries that quantize. */
const fixtures = packagePath('test/fixtures/quantized');
const base = packagePath('fixtures/models/tiny-llama');
const described: { texts: [string, string[]][]; variants: Record<string, Variant> } = JSON.parse(
  readFileSync(path.join(fixtures, 'variants.json'), 'utf8'),
);
const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'eus-eval-quantized-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function missing(): never {
  throw new Error('missing');
}

/** Numbers from 0 to below 1, the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

let serial = 0;
function newFolder(): string {
  const folder = path.join(scratch, `m${serial++}`);
  mkdirSync(folder);
  return folder;
}

function variant(name: string): Variant {
  const found = described.variants[name];
  if (found === undefined) throw new Error(`no variant ${name}`);
  return found;
}

const matrixParts = (name: string): Part[] => readParts(path.join(fixtures, 'matrices', `${name}.safetensors`));
const isExpected = ([name]: Part): boolean => name.startsWith('expected:');

/** Float32 numbers of the matrices m0, m1, ... of a file, as a session gets them. */
async function dequantized(parts: readonly Part[], config: unknown, shapes: Variant['shapes']): Promise<Float32Array[]> {
  const folder = newFolder();
  writeParts(path.join(folder, 'model.safetensors'), parts);
  const quantization = readQuantization(config, 'config.json');
  if (quantization === null) throw new Error('not quantized');
  const weights = await readQuantized(await readWeights(folder), quantization, [], 'config.json');
  const g = newGraph(weights, 'float32', folder);
  shapes.forEach((shape, i) => {
    g.nodeTo([`out${i}`], 'Identity', [g.weight(`m${i}.weight`, shape)]);
    g.output(`out${i}`, 'float32', null);
  });
  const session = await ort.InferenceSession.create(g.build(), {
    logSeverityLevel: 4,
    extra: { session: { disable_quant_qdq: '1', model_external_initializers_file_folder_path: weights.root } },
  });
  const out = await session.run({});
  await session.release();
  return shapes.map((_, i) => {
    const data = out[`out${i}`]?.data;
    if (!(data instanceof Float32Array)) throw new Error('no float32');
    return data;
  });
}

function partNamed(parts: readonly Part[], name: string): Part {
  const found = parts.find(([key]) => key === name);
  if (found === undefined) throw new Error(`no tensor ${name}`);
  return found;
}

function floatsOf([, , bytes]: Part): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

const names = Object.keys(described.variants).filter((name) => variant(name).shapes.length > 0);

describe('quantized matrices are what the library that quantized them says', () => {
  it.each(names)('%s', async (name) => {
    const { config, shapes } = variant(name);
    const parts = matrixParts(name);
    const made = await dequantized(
      parts.filter((part) => !isExpected(part)),
      config,
      shapes,
    );
    shapes.forEach((_, i) => {
      const expected = floatsOf(partNamed(parts, `expected:m${i}`));
      expect(made[i]?.length).toBe(expected.length);
      const most = expected.reduce((far, value, k) => Math.max(far, Math.abs(value - (made[i]?.[k] ?? Number.NaN))), 0);
      expect(most).toBeLessThan(1e-6);
    });
  });
});

/** A folder with a quantized model: tiny-llama with other tensors, or one of its own with tiny-llama's tokenizer. */
function modelFolder(name: string, change: (parts: Part[]) => Part[] = (parts) => parts): string {
  const folder = newFolder();
  const { config, model } = variant(name);
  cpSync(base, folder, { recursive: true });
  const own = readParts(path.join(fixtures, 'models', `${name}.safetensors`));
  const quantized = new Set(own.map(([key]) => `${key.replace(/\.[^.]+$/, '')}.weight`));
  const rest = model === undefined ? readParts(path.join(base, 'model.safetensors')).filter(([key]) => !quantized.has(key)) : [];
  writeParts(path.join(folder, 'model.safetensors'), change([...rest, ...own]));
  const settings = model ?? JSON.parse(readFileSync(path.join(base, 'config.json'), 'utf8'));
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...settings, quantization_config: config }));
  return folder;
}

const asks: Ask[] = described.texts.map(([context, continuations], id) => ({ id, request: { kind: 'choices', context, continuations } }));
const open = (folder: string): Promise<Backend> =>
  openBackend(folder, { ...DEFAULT_OPEN_OPTIONS, device: 'cpu', threads: 1, offline: true });

async function scores(backend: Backend): Promise<number[][]> {
  try {
    const answers = await askAll(backend, asks);
    return asks.map(({ id }) => {
      const response = answers.get(id);
      return response?.kind === 'choices' ? [...response.logprobs] : [];
    });
  } finally {
    await backend.close();
  }
}

describe('a quantized model scores as transformers does with the dequantized weights', () => {
  it.each(Object.keys(described.variants).filter((name) => variant(name).scores !== undefined))('%s', async (name) => {
    const made = await scores(await open(modelFolder(name)));
    const expected = variant(name).scores ?? [];
    const furthest = Math.max(...expected.flatMap((row, i) => row.map((x, j) => Math.abs(x - (made[i]?.[j] ?? Number.NaN)))));
    expect(furthest).toBeLessThan(1e-4);
  });
});

/** Largest difference of the scores of two models. */
function furthest(a: readonly number[][], b: readonly number[][]): number {
  return Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - (b[i]?.[j] ?? Number.NaN)))));
}

describe('in every layout', () => {
  it.each(['packed', 'stacked'] as const)('%s', async (attention) => {
    for (const name of ['fp8-block', 'mxfp4', 'gptq-4-ordered'])
      expect(
        furthest(await scores(await openModel(modelFolder(name), { attention, dtype: 'float32' })), variant(name).scores ?? []),
        name,
      ).toBeLessThan(1e-4);
  });

  it('with an adapter over it', async () => {
    const adapters = packagePath('test/fixtures/adapters');
    const adapted = async (folder: string): Promise<number[][]> => {
      cpSync(path.join(adapters, 'plain/adapter_config.json'), path.join(folder, 'adapter_config.json'));
      cpSync(path.join(adapters, 'plain/adapter_model.safetensors'), path.join(folder, 'adapter_model.safetensors'));
      return scores(await open(folder));
    };
    const plain = newFolder();
    cpSync(base, plain, { recursive: true });
    const [quantized, whole] = [await adapted(modelFolder('bnb-8bit')), await adapted(plain)];
    // The adapter changes far more than eight bits do.
    expect(furthest(quantized, whole)).toBeLessThan(0.5);
    expect(furthest(quantized, await scores(await open(modelFolder('bnb-8bit'))))).toBeGreaterThan(1);
  });
});

/** The line with which reading the matrices of a variant ends, or its numbers where it does not. */
async function lineOrNumbers(parts: readonly Part[], config: unknown, shapes: Variant['shapes']): Promise<string | Float32Array[]> {
  try {
    return await dequantized(parts, config, shapes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).not.toContain('\n');
    return error.message;
  }
}

const without = (parts: readonly Part[], end: string): Part[] => parts.filter(([key]) => !key.endsWith(end));
const changed = (parts: readonly Part[], end: string, change: (part: Part) => Part): Part[] =>
  parts.map((part) => (part[0].endsWith(end) ? change(part) : part));
const reshaped =
  (shape: number[]) =>
  ([key, entry, bytes]: Part): Part => [key, { ...entry, shape }, bytes];
const filled =
  (bytes: readonly number[]) =>
  ([key, entry, old]: Part): Part => [key, entry, Uint8Array.from({ length: old.length }, (_, i) => bytes[i % bytes.length] ?? 0)];

describe('what is missing, damaged or does not fit is one line that names the tensor', () => {
  const cases: [what: string, name: string, change: (parts: Part[]) => Part[], expected: RegExp][] = [
    ['no factors', 'fp8-block', (p) => without(p, 'm0.weight_scale_inv'), /tensor m0\.weight is of type F8_E4M3; supported are F32/],
    ['no codes', 'fp8-block', (p) => without(p, 'm0.weight'), /m0\.weight_scale_inv has no m0\.weight beside it/],
    ['no shape', 'ct-int4', (p) => without(p, 'm0.weight_shape'), /m0\.weight_packed needs m0\.weight_shape, which is missing/],
    ['no factors of packed codes', 'ct-int4', (p) => without(p, 'm0.weight_scale'), /m0\.weight_packed needs m0\.weight_scale/],
    ['no zero points', 'gptq-4', (p) => without(p, 'm0.qzeros'), /m0\.qweight needs m0\.qzeros/],
    [
      'a factor that is NaN',
      'fp8-block',
      (p) => changed(p, 'm0.weight_scale_inv', filled([0, 0, 0xc0, 0x7f])),
      /m0\.weight has a factor that is no finite number \(number 0\)/,
    ],
    [
      'a factor that is infinite',
      'awq-4',
      (p) => changed(p, 'm1.scales', filled([0, 0x7c])),
      /m1\.weight has a factor that is no finite number/,
    ],
    [
      'an exponent that is none',
      'fp8-block-powers',
      (p) => changed(p, 'm0.weight_scale_inv', filled([127, 255])),
      /no finite number \(number 1\)/,
    ],
    [
      'factors of another shape',
      'gptq-4',
      (p) => changed(p, 'm0.scales', reshaped([24, 3])),
      /m0\.scales has shape \[24, 3\]; expected \[3, 24\]/,
    ],
    [
      'factors that divide nothing',
      'ct-fp8-channel',
      (p) => changed(p, 'm0.weight_scale', reshaped([8, 3])),
      /m0\.weight_scale has shape \[8, 3\], which divides no matrix of \[24, 40\]/,
    ],
    [
      'groups out of range',
      'gptq-4-ordered',
      (p) => changed(p, 'm0.g_idx', filled([9, 0, 0, 0])),
      /m0\.g_idx gives column 0 the group 9; there are 3/,
    ],
    ['negative groups', 'gptq-4-ordered', (p) => changed(p, 'm0.g_idx', filled([0xfe, 0xff, 0xff, 0xff])), /gives column 0 the group -2/],
    [
      'a shape that does not fit',
      'ct-int4',
      (p) => changed(p, 'm0.weight_shape', filled([7, 0, 0, 0, 0, 0, 0, 0])),
      /m0\.weight_packed has shape \[24, 6\], which holds no matrix of \[7, 7\]/,
    ],
    [
      'a shape beyond all bounds',
      'ct-int4',
      (p) => changed(p, 'm0.weight_shape', filled([255])),
      /m0\.weight_shape says \[-1, -1\]; expected two sizes/,
    ],
    [
      'a state that is none',
      'bnb-nf4',
      (p) => changed(p, 'm0.weight.quant_state.bitsandbytes__nf4', filled([123, 125])),
      /m0\.weight\.quant_state\.bitsandbytes__nf4: (not|is no)|is no state/,
    ],
    ['no largest sizes', 'bnb-nf4', (p) => without(p, 'm0.weight.absmax'), /m0\.weight needs m0\.weight\.absmax/],
    [
      'a table that is not finite',
      'bnb-nf4',
      (p) => changed(p, 'm0.weight.quant_map', filled([0, 0, 0x80, 0x7f])),
      /m0\.weight\.quant_map has a number that is not finite/,
    ],
    [
      'a nested factor that is not finite',
      'bnb-nf4-nested',
      (p) => changed(p, 'm0.weight.nested_absmax', filled([0, 0, 0x80, 0x7f])),
      /no finite number/,
    ],
    ['nothing that is quantized', 'bnb-8bit', (p) => without(p, '.SCB'), /the files hold no tensors of that kind/],
  ];
  it.each(cases)('%s', async (_, name, change, expected) => {
    const { config, shapes } = variant(name);
    const parts = matrixParts(name).filter((part) => !isExpected(part));
    expect(await lineOrNumbers(change(parts), config, shapes)).toMatch(expected);
  });

  it('experts without end that hold nothing', async () => {
    const folder = newFolder();
    const nothing = (name: string, shape: number[]): Part => [name, { dtype: 'U8', shape, data_offsets: [0, 0] }, new Uint8Array()];
    writeParts(path.join(folder, 'model.safetensors'), [
      nothing('l.stack_blocks', [2 ** 40, 0, 0, 16]),
      nothing('l.stack_scales', [2 ** 40, 0, 0]),
    ]);
    const quantization = readQuantization({ quant_method: 'mxfp4' }, 'config.json');
    if (quantization === null) throw new Error('not quantized');
    const found = readQuantized(
      await readWeights(folder),
      quantization,
      [{ name: 'stack', before: 'e.', parts: ['weight'] }],
      'config.json',
    );
    await expect(found).rejects.toThrow(/l\.stack_blocks is empty/);
  });

  it('whatever types and shapes the parts have', async () => {
    const random = seeded(5);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] ?? missing();
    const types: Record<string, number> = { U8: 1, I8: 1, F8_E4M3: 1, F16: 2, BF16: 2, I32: 4, F32: 4, I64: 8 };
    let refused = 0;
    for (let round = 0; round < 150; round++) {
      const name = pick(names);
      const { config, shapes } = variant(name);
      const parts = matrixParts(name).filter((part) => !isExpected(part));
      const at = Math.floor(random() * parts.length);
      const [key, { dtype, shape }, bytes] = parts[at] ?? missing();
      const [type, count] = random() < 0.4 ? [pick(Object.keys(types)), 0] : [dtype, 0];
      const whole = Math.floor(bytes.length / (types[type] ?? 1));
      const sizes =
        random() < 0.5
          ? shape
          : pick([[], [whole], [1, whole], [whole, 1], [...shape].reverse(), shape.map((d) => d + 1), shape.map(() => 0)]);
      const length = sizes.reduce((product, d) => product * d, types[type] ?? 1) + count;
      const other = Uint8Array.from({ length }, (_, i) => (random() < 0.5 ? (bytes[i % bytes.length] ?? 0) : Math.floor(random() * 256)));
      parts[at] = [key, { dtype: type, shape: sizes, data_offsets: [0, 0] }, other];
      if (typeof (await lineOrNumbers(parts, config, shapes)) === 'string') refused++;
    }
    expect(refused).toBeGreaterThan(75);
  });
});

describe('what a result says', () => {
  it('names the quantization, and a changed factor is another model', async () => {
    const backend = await open(modelFolder('fp8-block'));
    const middle = modelFolder('fp8-block', (parts) =>
      changed(parts, 'layers.1.mlp.up_proj.weight_scale_inv', ([key, entry, bytes]) => {
        const other = Uint8Array.from(bytes);
        other[50] = (other[50] ?? 0) ^ 1;
        return [key, entry, other];
      }),
    );
    const other = await open(middle);
    try {
      expect(backend.facts).toMatchObject({ quantization: 'fp8, dequantized when loaded; activations are not rounded' });
      expect(backend.identity['weights:factors']).toMatch(/^[0-9a-f]{32}$/);
      expect(backend.identity['weights:factors']).not.toBe(other.identity['weights:factors']);
    } finally {
      await Promise.all([backend.close(), other.close()]);
    }
  });
});
