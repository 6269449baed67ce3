import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWeights } from '../src/backends/onnx/weight-files.js';
import { packagePath } from '../src/package-files.js';
import { fileSamples } from '../src/sample-digest.js';
import { eusEval } from './cli/eus-eval.js';

const MODEL = packagePath('fixtures/models/tiny-llama');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'samples-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the model, made at another time, with one tensor of another value where `change` names it. */
function copy(name: string, change?: (tensor: Buffer) => void): string {
  const to = path.join(folder, name, 'tiny-llama');
  cpSync(MODEL, to, { recursive: true });
  const file = path.join(to, 'model.safetensors');
  if (change !== undefined) {
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE());
    const header: Record<string, { data_offsets: [number, number] }> = JSON.parse(bytes.subarray(8, 8 + length).toString());
    const [begin, end] = Object.entries(header).find(([tensor]) => /layers\.1.*mlp\.up_proj/.test(tensor))?.[1].data_offsets ?? [0, 0];
    change(bytes.subarray(8 + length + begin, 8 + length + end));
    writeFileSync(file, bytes);
  }
  utimesSync(file, 1, name.length);
  return to;
}

const trained = (tensor: Buffer): void => {
  for (let i = 0; i + 4 <= tensor.length; i += 4) tensor.writeFloatLE(tensor.readFloatLE(i) * 1.01, i);
};

describe('what tells weights apart', () => {
  it('is the same for a copy, and another for a tensor that was trained, or whose last value changed', async () => {
    const digest = async (at: string): Promise<unknown> => (await readWeights(at)).digests;
    const original = await digest(MODEL);
    expect(await digest(copy('copy'))).toEqual(original);
    expect(await digest(copy('trained', trained))).not.toEqual(original);
    expect(await digest(copy('last', (tensor) => tensor.writeFloatLE(7, tensor.length - 4)))).not.toEqual(original);
  });

  it('of a file without known parts is its size and samples all over it', async () => {
    const file = path.join(folder, 'model.gguf');
    const bytes = Buffer.alloc(1_000_000, 3);
    writeFileSync(file, bytes);
    const before = await fileSamples(file);
    writeFileSync(file, bytes);
    expect(await fileSamples(file)).toBe(before);
    writeFileSync(file, bytes.fill(4, 300_000, 330_000));
    expect(await fileSamples(file)).not.toBe(before);
    writeFileSync(file, '');
    expect(await fileSamples(file)).toMatch(/^size:0 /);
  });
});

it('shards on copies of one model are merged, and shards of another model are not', async () => {
  const shard = (model: string, part: string) =>
    eusEval([
      'run',
      '--model',
      model,
      '--tasks',
      'eus_trivia',
      '--data',
      packagePath('fixtures/data'),
      '--limit',
      '4',
      '--shard',
      part,
      '--out',
      path.join(folder, 'out'),
      '-q',
    ]);
  expect((await shard(MODEL, '1/2')).code).toBe(0);
  expect((await shard(copy('node'), '2/2')).code).toBe(0);
  const merge = () => eusEval(['merge', path.join(folder, 'out'), '--out', path.join(folder, 'merged')]);
  expect(await merge()).toMatchObject({ code: 0 });
  rmSync(path.join(folder, 'out', 'shard-2-of-2'), { recursive: true });
  expect((await shard(copy('other', trained), '2/2')).code).toBe(0);
  expect(await merge()).toMatchObject({ code: 2, stderr: expect.stringMatching(/model/) });
});
