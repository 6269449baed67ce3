/**
 * The second source of models: an ordinary ONNX export (`onnx/model.onnx` with `past_key_values.*`, as exporters write it). Its graph is taken as it is: it knows no
 * packed texts and computes a row of logits for every token, so it is slower than the graph this program writes over safetensors.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { readJsonFile } from '../../json-file.js';
import { refusePlaceholderFile } from '../../placeholder-file.js';
import { fileSamples } from '../../sample-digest.js';
import { hasWeights } from './weight-files.js';

/** Where exports lie in a model folder, in the order of preference: full precision first. */
const PLACES = ['onnx/model.onnx', 'model.onnx'];

export interface ExportModel {
  /** The .onnx file. */
  readonly file: string;
  readonly modelType: string;
  readonly architecture: string;
  readonly maxLength: number;
  readonly eosTokenIds: readonly number[];
  readonly digests: Readonly<Record<string, string>>;
}

const schema = z.looseObject({
  model_type: z.string(),
  architectures: z.array(z.string()).nullish(),
  max_position_embeddings: z.number().int().positive().nullish(),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
});

/**
 * Returns the export's file in a folder that has no other weights, or null where there is none (or where there are others, which are faster).
 */
export function findExport(folder: string): string | null {
  if (hasWeights(folder)) return null;
  const place = PLACES.find((name) => existsSync(path.join(folder, name)));
  return place === undefined ? null : path.join(folder, place);
}

/**
 * Reads what is needed beside the graph. Throws `UserError` for a `config.json` that is absent or broken.
 */
export async function readExport(folder: string, file: string): Promise<ExportModel> {
  const configFile = path.join(folder, 'config.json');
  await refusePlaceholderFile(file);
  const { value } = await readJsonFile(configFile, '');
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new UserError(`${configFile}: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
  const c = parsed.data;
  const digests: Record<string, string> = {};
  for (const name of [file, `${file}_data`, `${file}.data`]) {
    if (existsSync(name)) digests[path.basename(name)] = await fileSamples(name);
  }
  const eos = c.eos_token_id ?? [];
  return {
    file,
    modelType: c.model_type,
    architecture: c.architectures?.[0] ?? c.model_type,
    maxLength: c.max_position_embeddings ?? 2048,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    digests,
  };
}
