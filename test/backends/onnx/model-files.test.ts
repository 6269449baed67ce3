import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openOnnx } from '../../../src/backends/onnx/open.js';
import { readHeader } from '../../../src/backends/onnx/safetensors.js';
import { readWeights } from '../../../src/backends/onnx/weight-files.js';
import { UserError } from '../../../src/errors.js';
import { packagePath } from '../../../src/package-files.js';
import { askAll, openModel } from './compare.js';
import { readParts, writeParts } from './tensor-file.js';

const source = packagePath('fixtures/models/tiny-llama');
const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'eus-eval-model-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let serial = 0;
/** A copy of the embedded model that a test may break. */
function copy(): string {
  const folder = path.join(scratch, `m${serial++}`);
  mkdirSync(folder);
  for (const name of readdirSync(source)) writeFileSync(path.join(folder, name), readFileSync(path.join(source, name)));
  return folder;
}

const open = (folder: string) =>
  openOnnx({ folder, modelName: 'm', dtype: 'auto', device: 'cpu', threads: 1, renderChat: null, chatTemplate: null });

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('did not fail'),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  const message = error instanceof Error ? error.message : '';
  expect(message).not.toMatch(/\n/);
  return message;
}

const config = (folder: string, change: Record<string, unknown>): void => {
  const file = path.join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
};

describe('a broken model folder gives one line that names file, tensor, found and expected', () => {
  const model = (folder: string): string => path.join(folder, 'model.safetensors');
  /** Writes an index; returns a name that no index has, for the weights. */
  const index = (folder: string, text: string): string => {
    writeFileSync(path.join(folder, 'model.safetensors.index.json'), text);
    return path.join(folder, 'other.safetensors');
  };
  const cases: [string, (folder: string) => void, RegExp][] = [
    ['no config', (f) => rmSync(path.join(f, 'config.json')), /config\.json: no such file/],
    ['config is no JSON', (f) => writeFileSync(path.join(f, 'config.json'), '{'), /config\.json: not JSON/],
    ['no weights', (f) => rmSync(model(f)), /none of model\.safetensors, model\.safetensors\.index\.json, pytorch_model\.bin/],
    ['no tokenizer', (f) => rmSync(path.join(f, 'tokenizer.json')), /tokenizer\.json: no such file/],
    [
      'truncated data',
      (f) => truncateSync(model(f), 500_000),
      /model\.safetensors: is truncated: tensor \S+ ends at byte \d+, file has 500000 bytes/,
    ],
    ['truncated header', (f) => truncateSync(model(f), 100), /is truncated: header of \d+ bytes, file of 100 bytes/],
    ['empty file', (f) => truncateSync(model(f), 0), /is empty: its download or copy was interrupted; fetch it again/],
    [
      'a huge header',
      (f) => writeFileSync(model(f), Buffer.concat([Buffer.from('ffffffffffffff7f', 'hex'), Buffer.alloc(100)])),
      /header of \d+ bytes, at most/,
    ],
    [
      'wrong width',
      (f) => config(f, { hidden_size: 128, head_dim: 16 }),
      /tensor model\.embed_tokens\.weight has shape \[1200, 64\], config\.json says \[1200, 128\]/,
    ],
    ['another vocabulary', (f) => config(f, { vocab_size: 999 }), /shape \[1200, 64\], config\.json says \[999, 64\]/],
    ['too few layers', (f) => config(f, { num_hidden_layers: 1 }), /num_hidden_layers is 1, and the weights have more layers/],
    [
      'layers without end',
      (f) => config(f, { num_hidden_layers: 1_000_000_000 }),
      /num_hidden_layers is 1000000000; valid is a number up to 10000/,
    ],
    ['too many layers', (f) => config(f, { num_hidden_layers: 5 }), /tensor model\.layers\.4\.\S+ is missing; expected shape/],
    [
      'an unknown architecture',
      (f) => config(f, { architectures: ['RwkvForCausalLM'] }),
      /"RwkvForCausalLM" is not supported; docs\/models\.md lists/,
    ],
    [
      'an unknown rotation',
      (f) => config(f, { rope_parameters: { rope_type: 'ntk', factor: 4 } }),
      /"ntk" is not supported; supported are default, linear, dynamic, yarn, longrope, llama3/,
    ],
    ['a wrong field', (f) => config(f, { num_hidden_layers: 'four' }), /config\.json: num_hidden_layers is "four"; valid is a number/],
    ['quantized weights', (f) => config(f, { quantization_config: { bits: 4 } }), /quantization_config/],
    [
      'an index of missing files',
      (f) => renameSync(model(f), index(f, '{"weight_map":{"a":"model-00001-of-00002.safetensors"}}')),
      /model-00001-of-00002\.safetensors: no such file; the model is incomplete/,
    ],
    [
      'an index that leads out',
      (f) => renameSync(model(f), index(f, '{"weight_map":{"a":"../secret.safetensors"}}')),
      /no name of a \.safetensors file in the same folder/,
    ],
    [
      'an end token that is no number',
      (f) => writeFileSync(path.join(f, 'generation_config.json'), '{"eos_token_id":["2",3]}'),
      /generation_config\.json: eos_token_id is \["2",3\]; valid is the number of a token/,
    ],
    [
      'integers as weights',
      (f) =>
        writeParts(
          model(f),
          readParts(model(f)).map(([n, e, d]) => [n, n === 'model.norm.weight' ? { ...e, dtype: 'I32' } : e, d]),
        ),
      /tensor model\.norm\.weight is of type I32; supported are F32, F16, BF16/,
    ],
  ];
  it.each(cases)('%s', async (_, breakIt, expected) => {
    const folder = copy();
    breakIt(folder);
    expect(await messageOf(open(folder))).toMatch(expected);
  });

  it('any damage to the header is an error or a valid header, never a crash', async () => {
    const file = path.join(scratch, 'fuzz.safetensors');
    const good = readFileSync(path.join(source, 'model.safetensors')).subarray(0, 4000);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), async (edits) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of edits) bytes[at] = value;
        writeFileSync(file, bytes);
        const error: unknown = await readHeader(file).catch((e: unknown) => e);
        if (error instanceof Error) expect(error).toBeInstanceOf(UserError);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    [
      'bfloat16',
      'cpu',
      /weights are stored in float32; on a CPU --dtype bfloat16 keeps weights of bfloat16 as they are and rounds none; valid here: auto, float32$/,
    ],
    ['auto', 'tpu', /device "tpu" is not known; valid are auto, cpu, cuda, cuda:N/],
  ] as const)('dtype %s on %s', async (dtype, device, expected) => {
    expect(await messageOf(openOnnx({ folder: source, modelName: 'm', dtype, device, renderChat: null, chatTemplate: null }))).toMatch(
      expected,
    );
  });
});

describe('the same weights in other files give the same scores', () => {
  const ask = [
    { id: 0, request: { kind: 'choices' as const, context: 'Galdera: Zein da?\nErantzuna:', continuations: [' A', ' B', ' Donostia da'] } },
  ];
  async function scores(folder: string): Promise<readonly number[]> {
    const backend = await openModel(folder);
    try {
      const response = (await askAll(backend, ask)).get(0);
      return response?.kind === 'choices' ? response.logprobs : [];
    } finally {
      await backend.close();
    }
  }

  it('several files, and a hub snapshot whose files are links into another folder', async () => {
    const expected = await scores(source);
    expect(expected).toHaveLength(3);
    const folder = copy();
    const parts = readParts(path.join(folder, 'model.safetensors'));
    const map: Record<string, string> = {};
    for (let i = 0; i < 3; i++) {
      const name = `model-0000${i + 1}-of-00003.safetensors`;
      const own = parts.filter((_, k) => k % 3 === i);
      for (const [tensor] of own) map[tensor] = name;
      writeParts(path.join(folder, name), own);
    }
    writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
    rmSync(path.join(folder, 'model.safetensors'));
    expect(await scores(folder)).toEqual(expected);

    // Like a hub cache: snapshots/<revision>/<name> are links to blobs/<sha256>.
    const cache = path.join(scratch, 'cache');
    const snapshot = path.join(cache, 'snapshots', 'main');
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(path.join(cache, 'blobs'));
    readdirSync(folder).forEach((name, i) => {
      const blob = path.join(cache, 'blobs', String(i).padStart(64, 'a'));
      renameSync(path.join(folder, name), blob);
      symlinkSync(path.relative(snapshot, blob), path.join(snapshot, name));
    });
    expect(await scores(snapshot)).toEqual(expected);
    const samples = Object.values((await readWeights(snapshot)).digests).map((digest) => /samples:([0-9a-f]{32})$/.exec(digest)?.[1]);
    expect(new Set(samples).size).toBe(samples.length);
  });

  it('a checkpoint without the output layer, and a config without architectures', async () => {
    const folder = copy();
    const file = path.join(folder, 'model.safetensors');
    writeParts(
      file,
      readParts(file).map(([name, ...rest]) => [name.replace(/^model\./, ''), ...rest]),
    );
    config(folder, { architectures: ['LlamaModel'] });
    expect(await scores(folder)).toEqual(await scores(source));
    config(folder, { architectures: null });
    expect(await scores(folder)).toEqual(await scores(source));
  });

  it('the file that transformers_weights names, and the single file before shards', async () => {
    const folder = copy();
    writeFileSync(path.join(folder, 'model.safetensors.index.json'), '{"weight_map":{"a":"none.safetensors"}}');
    expect(await scores(folder)).toEqual(await scores(source));
    const other = readParts(path.join(folder, 'model.safetensors')).map(
      ([name, entry, data]) => [name, entry, name === 'model.norm.weight' ? new Uint8Array(data.length) : data] as const,
    );
    writeParts(path.join(folder, 'other.safetensors'), other);
    config(folder, { transformers_weights: 'other.safetensors' });
    expect(await scores(folder)).not.toEqual(await scores(source));
    config(folder, { transformers_weights: '../other.safetensors' });
    expect(await messageOf(open(folder))).toMatch(/transformers_weights "\.\.\/other\.safetensors" is no name of a/);
  });

  it('the two files of a model lie in different folders', async () => {
    const folder = copy();
    const parts = readParts(path.join(folder, 'model.safetensors'));
    const elsewhere = path.join(scratch, 'elsewhere', 'deep');
    mkdirSync(elsewhere, { recursive: true });
    writeParts(path.join(elsewhere, 'b.safetensors'), parts.slice(20));
    writeParts(path.join(folder, 'a.safetensors'), parts.slice(0, 20));
    symlinkSync(path.join(elsewhere, 'b.safetensors'), path.join(folder, 'b.safetensors'));
    rmSync(path.join(folder, 'model.safetensors'));
    const map = Object.fromEntries(parts.map(([name], i) => [name, i < 20 ? 'a.safetensors' : 'b.safetensors']));
    writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    expect(await scores(folder)).toEqual(await scores(source));
  });

  it('another weight changes the identity', async () => {
    const folder = copy();
    copyFileSync(path.join(source, 'model.safetensors'), path.join(folder, 'model.safetensors'));
    const a = await open(folder);
    writeParts(path.join(folder, 'model.safetensors'), [...readParts(path.join(folder, 'model.safetensors'))].reverse());
    const b = await open(folder);
    expect(b.identity).not.toEqual(a.identity);
    expect(JSON.stringify(a.identity)).not.toContain(scratch);
    await a.close();
    await b.close();
    expect(existsSync(folder)).toBe(true);
  });
});
