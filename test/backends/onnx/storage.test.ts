/** Weights of 16 bits that stay as they are stored: the same numbers as widened ones, and less memory. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MatrixStorage } from '../../../src/backends/onnx/graph-builder.js';
import { prepareHost } from '../../../src/backends/onnx/prepare-host.js';
import { prepareModel } from '../../../src/backends/onnx/prepare-model.js';
import { UserError } from '../../../src/errors.js';
import { packagePath } from '../../../src/package-files.js';
import type { Ask } from '../../../src/types.js';
import { askAll, openModel } from './compare.js';
import { type Part, readParts, writeParts } from './tensor-file.js';

const tiny = packagePath('fixtures/models/tiny-llama');
const folder = mkdtempSync(path.join(tmpdir(), 'storage-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The tiny model with the first 16 bits of every number, tied or with an output layer of its own. */
function inSixteenBits(name: string, tied: boolean): string {
  const out = path.join(folder, name);
  cpSync(tiny, out, { recursive: true });
  const short = readParts(path.join(tiny, 'model.safetensors')).map(([tensor, entry, bytes]): Part => {
    const words = new Uint16Array(new Uint8Array(bytes).buffer).filter((_, i) => i % 2 === 1);
    return [tensor, { ...entry, dtype: 'BF16' }, new Uint8Array(words.buffer)];
  });
  const [, entry, bytes] = short.find(([tensor]) => tensor === 'model.embed_tokens.weight') ?? [];
  if (entry === undefined || bytes === undefined) throw new Error('no embeddings');
  writeParts(
    path.join(out, 'model.safetensors'),
    tied ? short : [...short, ['lm_head.weight', entry, Buffer.concat([bytes.subarray(600), bytes.subarray(0, 600)])]],
  );
  const config: Record<string, unknown> = JSON.parse(readFileSync(path.join(tiny, 'config.json'), 'utf8'));
  writeFileSync(path.join(out, 'config.json'), JSON.stringify({ ...config, tie_word_embeddings: tied }));
  return out;
}

const ASKS: readonly Ask[] = [
  { id: 0, request: { kind: 'choices', context: 'Galdera: zenbat da bi gehi bi?\nErantzuna:', continuations: [' lau', ' bost', ' sei'] } },
  { id: 1, request: { kind: 'choices', context: 'Galdera: zenbat da bi gehi hiru?\nErantzuna:', continuations: [' lau', ' bost'] } },
  { id: 2, request: { kind: 'generate', context: 'Behin batean', until: ['\n'], maxNewTokens: 12 } },
];

const ROOM = { bytes: 1e12, total: 1e12, limited: false };

describe.each([
  ['tied', true],
  ['with an output layer of its own', false],
])('weights of bfloat16, %s', (name, tied) => {
  const model = inSixteenBits(name, tied);

  it('give the same numbers and texts as they are stored and widened', async () => {
    const answers = [];
    for (const dtype of ['auto', 'bfloat16'] as const) {
      const backend = await openModel(model, { dtype, batchTokens: 64 });
      try {
        answers.push(await askAll(backend, ASKS));
        expect(backend.identity.dtype).toBe('float32');
        expect(backend.facts.weights_in_memory).toBe(dtype === 'auto' ? undefined : 'bfloat16, as they are stored');
      } finally {
        await backend.close();
      }
    }
    expect(answers[0]?.size).toBe(ASKS.length);
    for (const [id, response] of answers[0] ?? []) {
      const other = answers[1]?.get(id);
      if (response.kind === 'choices' && other?.kind === 'choices') {
        expect(other.greedy).toEqual(response.greedy);
        for (const [i, logprob] of response.logprobs.entries())
          expect(Math.abs(logprob - (other.logprobs[i] ?? Number.NaN))).toBeLessThan(1e-5);
      } else {
        expect(response.kind).toBe('generate');
        expect(other).toEqual(response);
      }
    }
  });

  it('are counted where they lie', async () => {
    const memory = async (storage: MatrixStorage) =>
      (await prepareModel(model, 'cached', 'float32', null, undefined, undefined, storage)).memory ?? expect.fail('no memory');
    const [widened, rows, stored] = [await memory('widened'), await memory('rows as stored'), await memory('as stored')];
    const { numbers, parameters } = await prepareModel(model, 'cached', 'float32');
    expect(widened).toMatchObject({ widened: parameters, mapped: 0, mappedWhole: 0 });
    // Tied, the table lies there widened to be multiplied with, and in the file to be looked up in.
    const table = numbers?.output ?? Number.NaN;
    expect(rows).toMatchObject({ widened: (parameters ?? 0) - (tied ? 0 : table), mapped: 2 * table, mappedWhole: 0 });
    // Only norms are left to be widened.
    expect(stored.widened).toBeLessThan(2000);
    expect(stored.mappedWhole).toBe(2 * ((parameters ?? 0) - stored.widened - (tied ? 0 : table)));
    expect([widened, rows, stored].map(({ products }) => products)).toEqual(Array(3).fill((numbers?.token ?? 0) + table));
  });
});

describe('the choice', () => {
  const quiet = (): void => {};
  const of = (folderName: string, more: object = {}) => ({ folder: folderName, modelName: 'm', dtype: 'auto' as const, ...more });

  it('is to widen where that fits, and refuses what does not fit before anything is loaded', async () => {
    expect((await prepareHost(of(tiny), quiet, ROOM)).storage).toBe('rows as stored');
    const small = { bytes: 1e8, total: 2e9, limited: true };
    await expect(prepareHost(of(tiny), quiet, small)).rejects.toThrow(UserError);
    await expect(prepareHost(of(tiny), quiet, small)).rejects.toThrow(
      /^m: needs about \d+ MiB of memory \(weights \d+ MiB\); the limit of this container leaves 95 MiB; --serve .*--base-url URL; --memory 1 goes on/,
    );
    // What the user gives counts instead, and nothing is refused where only the need is asked for.
    expect((await prepareHost(of(tiny, { memory: 1e10 }), quiet, small)).need?.total).toBeLessThan(1e9);
    expect((await prepareHost(of(tiny), null, small)).storage).toBe('rows as stored');
  });

  it('warns near the limit', async () => {
    const need = (await prepareHost(of(tiny), null, ROOM)).need?.total ?? Number.NaN;
    const said: string[] = [];
    await prepareHost(of(tiny), (line) => said.push(line), { bytes: need / 0.95, total: 1e10, limited: false });
    expect(said).toEqual([expect.stringMatching(/^m needs about \d+ MiB of memory, and \d+ MiB of 9.3 GiB are free: /)]);
  });

  it('takes 16 bits only where the files have them', async () => {
    await expect(prepareHost(of(tiny, { dtype: 'bfloat16' }), quiet, ROOM)).rejects.toThrow(
      'm: weights are stored in float32; on a CPU --dtype bfloat16 keeps weights of bfloat16 as they are and rounds none; valid here: auto, float32',
    );
  });
});
