/** Writes the tiny models that `make_models.py` describes: config.json, the shared tokenizer, and weights from the formula of `formula.py`. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packagePath } from '../../../src/package-files.js';
import { type Part, writeParts } from '../../backends/onnx/tensor-file.js';

/** `*` in the name stands for each of the layers. */
type TensorRow = readonly [name: string, shape: readonly number[], scale: number, offset: number, layers?: readonly number[]];

/** A tiny model and what transformers computed for it. */
export interface Fixture {
  readonly type: string;
  /** Goes into the hash of every tensor. */
  readonly seed: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly TensorRow[];
  /** Of every document of documents.json `[log-probability, greedy]` of each continuation. */
  readonly choices: readonly (readonly (readonly [number, boolean])[])[];
  readonly texts: readonly string[];
}

/** Where the fixtures lie: in the repository, or where `make_models.py --random` wrote others. */
export const FIXTURES = process.env.EUS_EVAL_MODELS_FROM ?? packagePath('test/models/reference/models');

export function readFixture(name: string): Fixture {
  return JSON.parse(readFileSync(path.join(FIXTURES, `${name}.json`), 'utf8'));
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** The same values as `values` of formula.py. */
export function formulaValues(name: string, count: number, scale: number, offset: number): Float32Array {
  const out = new Float32Array(count);
  const start = fnv1a(name);
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(i, 0x9e3779b9) + start) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    x ^= x >>> 16;
    out[i] = offset + scale * ((x >>> 8) / 2 ** 23 - 1);
  }
  return out;
}

/** The tensors of a fixture with their bytes. */
export function tensorsOf({ seed, tensors }: Fixture): Part[] {
  return tensors.flatMap(([pattern, shape, scale, offset, layers]) =>
    (layers ?? [0]).map((layer): Part => {
      const name = pattern.replace('*', String(layer));
      const values = formulaValues(
        `${seed} ${name}`,
        shape.reduce((a, b) => a * b, 1),
        scale,
        offset,
      );
      return [name, { dtype: 'F32', shape: [...shape], data_offsets: [0, 0] }, new Uint8Array(values.buffer)];
    }),
  );
}

/** Writes a model folder below the temporary folder and returns its path. */
export function writeModel(fixture: Fixture): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'eus-eval-model-'));
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(fixture.config));
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(path.join(packagePath('fixtures/models/tiny-llama'), file), path.join(folder, file));
  writeParts(path.join(folder, 'model.safetensors'), tensorsOf(fixture));
  return folder;
}
