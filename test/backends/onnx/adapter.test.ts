import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULT_OPEN_OPTIONS, openBackend } from '../../../src/backends/open.js';
import { UserError } from '../../../src/errors.js';
import { packagePath } from '../../../src/package-files.js';
import type { Ask, Backend } from '../../../src/types.js';
import { askAll } from './compare.js';
import { readParts, writeParts } from './tensor-file.js';

/** Scores of transformers 5.23 with peft 0.21.2: the sum over each continuation's tokens; written by test/fixtures/adapters/make_adapters.py. */
const fixtures = packagePath('test/fixtures/adapters');
const base = packagePath('fixtures/models/tiny-llama');
const expected: { texts: [string, string[]][]; variants: Record<string, number[][]> } = JSON.parse(
  readFileSync(path.join(fixtures, 'expected.json'), 'utf8'),
);
const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'eus-eval-adapter-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const asks: Ask[] = expected.texts.map(([context, continuations], id) => ({ id, request: { kind: 'choices', context, continuations } }));

let serial = 0;
/** A copy of an adapter whose base is named by its whole path, with other settings. */
function copy(name: string, change: Record<string, unknown> = {}): string {
  const folder = path.join(scratch, `a${serial++}`);
  cpSync(path.join(fixtures, name), folder, { recursive: true });
  const file = path.join(folder, 'adapter_config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), base_model_name_or_path: base, ...change }));
  return folder;
}

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

function furthest(a: readonly number[][], b: readonly number[][]): number {
  return Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - (b[i]?.[j] ?? Number.POSITIVE_INFINITY)))));
}

async function refusal(folder: string): Promise<string> {
  const error: unknown = await open(folder).then(
    (backend) => backend.close(),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof Error ? error.message : '';
}

describe('an adapter scores as transformers with peft scores it', () => {
  it.each(Object.keys(expected.variants))('%s', async (name) => {
    expect(furthest(await scores(await open(copy(name))), expected.variants[name] ?? [])).toBeLessThan(1e-4);
  });

  it('beside the weights of its model, whatever base it names', async () => {
    const folder = copy('plain', { base_model_name_or_path: 'nobody/nothing' });
    cpSync(base, folder, { recursive: true });
    expect(furthest(await scores(await open(folder)), expected.variants.plain ?? [])).toBeLessThan(1e-4);
  });

  it('and its results say what was laid over what', async () => {
    const folder = copy('plain');
    const backend = await open(folder);
    const plain = await open(base);
    expect(backend.modelName).toBe(path.basename(folder));
    expect(backend.facts).toMatchObject({ adapter: 'lora', base_model: 'tiny-llama' });
    for (const [name, digest] of Object.entries(plain.identity)) expect(backend.identity[name], name).toBe(digest);
    expect(Object.keys(backend.identity).filter((name) => !(name in plain.identity))).toEqual(
      ['adapter:adapter_model.safetensors', 'adapter_config'].map((n) => expect.stringContaining(n)),
    );
    await backend.close();
    await plain.close();
  });

  it('with the tokenizer of its own folder where it has one', async () => {
    const folder = copy('plain');
    writeFileSync(path.join(folder, 'tokenizer.json'), '{"model": {"type": "Unheard"}}');
    expect(await refusal(folder)).toContain(`${folder}/tokenizer`);
  });
});

describe('an adapter that cannot be scored is refused by name', () => {
  const edit = (name: string, change: (parts: ReturnType<typeof readParts>) => ReturnType<typeof readParts>): string => {
    const folder = copy(name);
    const file = path.join(folder, 'adapter_model.safetensors');
    writeParts(file, change(readParts(file)));
    return folder;
  };
  it.each<[string, () => string, RegExp]>([
    ['DoRA', () => copy('plain', { use_dora: true }), /use_dora \(DoRA\) is not supported.*merge_and_unload/],
    ['another method', () => copy('plain', { peft_type: 'IA3' }), /peft_type: the method "IA3" is not supported; supported is LORA/],
    ['a start that changes the base', () => copy('plain', { init_lora_weights: 'pissa_niter_4' }), /init_lora_weights "pissa_niter_4"/],
    ['a bias in the adapter', () => copy('plain', { lora_bias: true }), /lora_bias/],
    ['trained tokens', () => copy('plain', { trainable_token_indices: [1, 2] }), /trainable_token_indices/],
    ['a setting that nobody knows', () => copy('plain', { use_novelty: 3 }), /use_novelty is not supported/],
    ['no base', () => copy('plain', { base_model_name_or_path: null }), /base_model_name_or_path is missing/],
    [
      'a base that is nowhere',
      () => copy('plain', { base_model_name_or_path: '../no/such/base' }),
      /base model of the adapter .*no such folder/,
    ],
    ['a base that is an adapter', () => copy('plain', { base_model_name_or_path: copy('plain') }), /is an adapter itself/],
    ['another rank', () => copy('plain', { r: 5 }), /matrices of \[4, 64\] and \[\d+, 4\], but adapter_config.json says rank 5/],
    [
      'more targets than matrices',
      () => copy('plain', { target_modules: ['q_proj', 'k_proj', 'v_proj'] }),
      /has no matrices for model\.layers\.0\.self_attn\.k_proj/,
    ],
    ['fewer targets', () => copy('plain', { target_modules: ['q_proj'] }), /has matrices for \S+v_proj, which target_modules/],
    [
      'half a pair',
      () => edit('plain', (parts) => parts.filter(([n]) => !n.includes('0.self_attn.q_proj.lora_A'))),
      /has only one of the matrices/,
    ],
    [
      'a name with the adapter in it',
      () => edit('plain', (parts) => parts.map(([n, ...rest]) => [n.replace('lora_A', 'lora_A.default'), ...rest])),
      /is none that a plain LoRA adapter has/,
    ],
    [
      'a module of another model',
      () => edit('plain', (parts) => parts.map(([n, ...rest]) => [n.replace('layers.3', 'layers.33'), ...rest])),
      /layers\.33\S*, which is no layer of the base model/,
    ],
  ])('%s', async (_, make, message) => {
    expect(await refusal(make())).toMatch(message);
  });

  it('weights that are missing or pickled', async () => {
    const folder = copy('plain');
    rmSync(path.join(folder, 'adapter_model.safetensors'));
    expect(await refusal(folder)).toMatch(/adapter_model\.safetensors: no such file; the adapter is incomplete/);
    writeFileSync(path.join(folder, 'adapter_model.bin'), 'x');
    expect(await refusal(folder)).toMatch(/adapter_model\.bin is not read/);
  });

  it('over an ONNX export', async () => {
    const model = path.join(scratch, 'export');
    mkdirSync(path.join(model, 'onnx'), { recursive: true });
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) cpSync(path.join(base, name), path.join(model, name));
    writeFileSync(path.join(model, 'onnx', 'model.onnx'), 'x');
    expect(await refusal(copy('plain', { base_model_name_or_path: model }))).toMatch(/needs the base model's weights in safetensors/);
  });
});
