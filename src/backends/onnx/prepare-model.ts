/** From a model folder to what the session thread opens: the graph over the safetensors, or an export; everything about the files is checked here. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.js';
import { isObject } from '../../is-object.js';
import { parseJsonFile, readTextIfThere } from '../../json-file.js';
import { ADAPTER_CONFIG } from '../../models/adapter-config.js';
import { type ModelConfig, readModelConfig } from '../../models/model-config.js';
import type { Quantization } from '../../models/quantization-config.js';
import { adaptWeights } from './adapter.js';
import { blueprintOf } from './architectures/index.js';
import { cachedAttention } from './attention-cached.js';
import { packedAttention } from './attention-packed.js';
import { stackedAttention } from './attention-stacked.js';
import {
  type AttentionPart,
  attentionLayers,
  type Blueprint,
  groupsOf,
  keyLayers,
  recurrentLayers,
  type TableKind,
  tablesOf,
  windowsOf,
} from './blueprint.js';
import { writeGenerator } from './decode-loop.js';
import { writeDecoder } from './decoder.js';
import { findExport, readExport } from './export-model.js';
import { type MatrixStorage, type NarrowMatrices, newGraph, type WeightMemory } from './graph-builder.js';
import type { ModelSize } from './memory-plan.js';
import { halfExponent } from './narrow-weights.js';
import type { ExportSource, GraphSource, StateShape } from './protocol.js';
import { readQuantized } from './quantization/read-quantized.js';
import { kernelHead } from './rope.js';
import type { Weights } from './safetensors.js';
import { type DrawDefaults, NO_DRAW_DEFAULTS } from './sample.js';
import { withCommonNames } from './tensor-names.js';
import { vocabularyParts } from './vocabulary.js';
import { readWeights } from './weight-files.js';

export interface PreparedModel {
  readonly source: GraphSource | ExportSource;
  readonly architecture: string;
  readonly modelType: string;
  readonly maxLength: number;
  /** Null where only the open session knows it. */
  readonly vocabSize: number | null;
  readonly eosTokenIds: readonly number[];
  /** The rotary tables that the graph is to be fed; null for an export, which has its own. */
  readonly tables: readonly TableKind[] | null;
  /** Digests for the identity, by name. */
  readonly digests: Readonly<Record<string, string>>;
  /** Number of weights; null where only the export knows it. */
  readonly parameters: number | null;
  /** What decides how much memory a run needs; null for an export. */
  readonly size: ModelSize | null;
  /** What the graph makes of the weights in memory; null for an export. */
  readonly memory: WeightMemory | null;
  /** Numbers of weights that a token and a row of the output layer are multiplied with; null for an export. */
  readonly numbers: { readonly token: number; readonly output: number } | null;
  /** The type that most weights are stored in. */
  readonly stored: FloatType;
  /** What the graph computes in. */
  readonly dtype: FloatType;
  readonly facts: Readonly<Record<string, unknown>>;
  /** How the weights were quantized and what became of that, in words; null where they were not. */
  readonly quantized: string | null;
}

export type FloatType = 'float32' | 'float16' | 'bfloat16';

/** The graph's type for the type that most tensors are stored in. */
function mostCommonType(types: readonly string[]): FloatType {
  const count = (type: string): number => types.filter((t) => t === type).length;
  if (count('BF16') >= Math.max(count('F16'), count('F32'))) return 'bfloat16';
  return count('F16') >= count('F32') ? 'float16' : 'float32';
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

/** The largest of a number over all layers with attention. */
function most(b: Blueprint, number: (part: AttentionPart) => number): number {
  return Math.max(...attentionLayers(b).map(({ part }) => number(part)));
}

/** What a token uses of all `products`: not the output layer, and of experts the part that the router chooses. */
function numbersUsed({ blocks, embedding }: Blueprint, hidden: number, vocabulary: number, products: number) {
  const output = vocabulary * (embedding.width ?? hidden);
  const unused = blocks.reduce((sum, { feedForward: f }) => {
    if (f.kind !== 'experts') return sum;
    const all = f.experts.reduce((numbers, expert) => numbers + 3 * hidden * expert.size, 0);
    return sum + all * (1 - f.used / f.experts.length);
  }, 0);
  return { token: Math.max(0, products - output - unused), output };
}

const ATTENTIONS = { cached: cachedAttention, packed: packedAttention, stacked: stackedAttention } as const;

/** What the start of a run and its results say of quantized weights. */
/** Throws `UserError` for weights of layers that the config does not have: a part of the model would be scored. Layers that predict further tokens stand behind the others. */
function refuseMoreLayers({ tensors }: Weights, { file, layers, fields }: ModelConfig): void {
  const predicting = Math.max(fields.number('num_mtp_layers', 0), fields.number('num_nextn_predict_layers', 0));
  const more = [...tensors.keys()].find((name) => Number(/^model\.layers\.(\d+)\./.exec(name)?.[1] ?? 0) >= layers + predicting);
  if (more !== undefined)
    throw new UserError(
      `${file}: num_hidden_layers is ${layers}, and the weights have more layers (${more}); valid is the number that the model was trained with`,
    );
}

function quantizationWords({ name, activations }: Quantization): string {
  return `${name}, dequantized when loaded${activations ? '; activations are not rounded' : ''}`;
}

interface Narrowing {
  readonly narrow: NarrowMatrices;
  /** Matrices of 16 bits that must lie in 32. */
  readonly kept: number;
}

const NOTHING_NARROW: Narrowing = { narrow: new Map(), kept: 0 };

/** Which matrices lie on a card in 16 bits without a change of any value: those of float16, and those of bfloat16 that float16 can hold. */
async function narrowMatrices(weights: Weights, float16: () => Promise<boolean>): Promise<Narrowing> {
  const matrices = [...weights.tensors].filter(([, place]) => place.shape.length === 2 && place.lies === undefined);
  const short = matrices.filter(([, place]) => place.dtype !== 'F32').length;
  if (short === 0) return NOTHING_NARROW;
  if (!(await float16())) return { ...NOTHING_NARROW, kept: short };
  const narrow = new Map<string, number>();
  for (const [name, place] of matrices) {
    const exponent = place.dtype === 'F16' ? 0 : place.dtype === 'BF16' ? await halfExponent(place) : null;
    if (exponent !== null) narrow.set(name, exponent);
  }
  return { narrow, kept: short - narrow.size };
}

/** Bytes of a row of the largest table that is as long as the vocabulary. What layers learn of each token is only looked up, so it lies as it is stored. */
function widestRow({ blocks, embedding: { perLayer } }: Blueprint, hidden: number, computeBytes: number, narrow: NarrowMatrices): number {
  if (perLayer === undefined) return hidden * computeBytes;
  const stored = narrow.has(`${perLayer.table}.weight`) ? 2 : computeBytes;
  return Math.max(hidden * computeBytes, blocks.length * perLayer.size * stored);
}

/** Numbers that a layer carries from token to token. */
const stateNumbers = ({ channels, kernel, state }: StateShape): number =>
  channels * (kernel - 1) + (state?.reduce((product, n) => product * n, 1) ?? 0);

/** Bytes of the weights as they lie on a card: matrices that lie in 16 bits take half. */
function weightBytes(weights: Weights, narrow: NarrowMatrices, computeBytes: number): number {
  let bytes = 0;
  for (const [name, { shape }] of weights.tensors)
    bytes += shape.reduce((product, d) => product * d, 1) * (narrow.has(name) ? 2 : computeBytes);
  return bytes;
}

/**
 * Reads a model folder, and the folder of an adapter for it (null: none). Safetensors are preferred; without them an export is taken. `float16` is asked, where it matters,
 * whether the device can hold float16. Throws `UserError` with one line for a missing, truncated or
 * inconsistent file and for an unknown architecture.
 */
export async function prepareModel(
  folder: string,
  attention: GraphSource['attention'],
  dtype: 'auto' | FloatType,
  adapter: string | null = null,
  bindingBytes: number = Number.POSITIVE_INFINITY,
  float16: () => Promise<boolean> = async () => true,
  storage: MatrixStorage = attention === 'cached' ? 'rows as stored' : 'widened',
): Promise<PreparedModel> {
  const file = findExport(folder);
  if (file !== null) {
    if (adapter !== null)
      throw new UserError(`${file}: an adapter (${adapter}) needs the base model's weights in safetensors; an ONNX export has them inside`);
    const model = await readExport(folder, file);
    return {
      ...model,
      source: { kind: 'export', file },
      vocabSize: null,
      parameters: null,
      size: null,
      memory: null,
      numbers: null,
      stored: 'float32',
      dtype: 'float32',
      tables: null,
      digests: { config: sha256(await readFile(path.join(folder, 'config.json'))), ...model.digests },
      quantized: null,
      facts: { architecture: model.architecture, source: `ONNX export ${path.relative(folder, file)} (slower than safetensors)` },
    };
  }
  const config = await readModelConfig(folder);
  const plain = blueprintOf(config);
  const named = withCommonNames(await readWeights(folder, config.weightsFile), plain);
  const { quantization } = config;
  const quantized = quantization === null ? null : quantizationWords(quantization);
  const own = quantization === null ? named : await readQuantized(named, quantization, plain.stacked ?? [], config.file);
  refuseMoreLayers(own, config);
  const adapted = adapter === null ? { weights: own, tied: plain.output.tied } : await adaptWeights(own, adapter, plain.output.tied);
  const { weights } = adapted;
  const blueprint = { ...plain, output: { ...plain.output, tied: adapted.tied } };
  const tensors = [...own.tensors.values()];
  const compute =
    attention === 'cached' || (attention === 'stacked' && dtype === 'auto')
      ? 'float32'
      : dtype === 'auto'
        ? mostCommonType(tensors.map((t) => t.dtype))
        : dtype;
  const { narrow, kept } =
    attention === 'stacked' && compute === 'float32' && adapter === null && quantization === null
      ? await narrowMatrices(weights, float16)
      : NOTHING_NARROW;
  const graph = newGraph(weights, compute, folder, narrow, attention === 'stacked' ? 'inputs first' : 'outputs first', storage);
  // Tables are divided as if they were widened, for their product is computed so.
  const computeBytes = compute === 'float32' ? 4 : 2;
  const vocabulary =
    attention === 'cached'
      ? null
      : vocabularyParts(config.vocabSize, widestRow(blueprint, config.hiddenSize, computeBytes, narrow), bindingBytes);
  writeDecoder(graph, config, blueprint, ATTENTIONS[attention], vocabulary, attention !== 'packed');
  let generator: Uint8Array | null = null;
  if (attention === 'packed') {
    const generating = newGraph(weights, compute, folder);
    writeGenerator(generating, config, blueprint);
    generator = generating.build();
  }
  const states = recurrentLayers(blueprint).map(
    ({ layer, part }): StateShape => ({
      layer,
      channels: part.channels,
      kernel: part.kernel,
      state: part.kind !== 'convolution' ? [part.valueHeads, part.keyDim, part.valueDim] : null,
    }),
  );
  const carried = states.map(stateNumbers);
  const windows = windowsOf(blueprint);
  const tables = tablesOf(blueprint);
  const parameters = tensors.reduce((sum, t) => sum + t.shape.reduce((product, d) => product * d, 1), 0);
  const digests: Record<string, string> = { config: sha256(await readFile(config.file)) };
  for (const [name, digest] of Object.entries(weights.digests)) digests[`weights:${name}`] = digest;
  if (adapter !== null) digests.adapter_config = sha256(await readFile(path.join(adapter, ADAPTER_CONFIG)));
  return {
    source: {
      kind: 'graph',
      bytes: graph.build(),
      folder: weights.root,
      cache: keyLayers(blueprint).map(({ layer, part }) => ({
        layer,
        kvHeads: part.kvHeads,
        headDim: attention === 'stacked' ? part.headDim : kernelHead(part.headDim),
      })),
      attention,
      compute,
      repacked: storage !== 'as stored',
      vocabulary,
      narrowed: graph.loads,
      generator,
      states,
      groups: groupsOf(blueprint),
      windows,
      rotary: tables.map(({ dims }) => dims),
    },
    architecture: config.architecture,
    modelType: config.modelType,
    maxLength: config.maxLength,
    vocabSize: config.vocabSize,
    eosTokenIds: config.eosTokenIds,
    tables,
    digests,
    parameters,
    size: {
      layers: blueprint.blocks.length,
      hidden: config.hiddenSize,
      intermediate: Math.max(...blueprint.blocks.map(({ feedForward }) => feedForward.size)),
      heads: most(blueprint, (part) => part.heads),
      kvHeads: most(blueprint, (part) => part.kvHeads),
      headDim: most(blueprint, (part) => part.headDim),
      vocabulary: config.vocabSize,
      sliding: windows.some((window) => window !== null),
      bytes: computeBytes,
      parameters,
      weightBytes: weightBytes(weights, narrow, computeBytes),
      state: { largest: Math.max(0, ...carried), all: carried.reduce((sum, n) => sum + n, 0) },
    },
    memory: graph.memory(),
    numbers: numbersUsed(blueprint, config.hiddenSize, config.vocabSize, graph.memory().products),
    stored: mostCommonType(tensors.map((t) => t.dtype)),
    dtype: compute,
    quantized,
    facts: {
      architecture: config.architecture,
      source: Object.keys(own.digests).some((name) => name.endsWith('.bin')) ? 'PyTorch' : 'safetensors',
      parameters,
      weights_dtype: [...new Set(tensors.map((t) => t.dtype))].join(','),
      ...(quantized === null ? {} : { quantization: quantized }),
      ...(weights.leftOut === null ? {} : { weights_left_out: weights.leftOut }),
      ...(narrow.size + kept === 0 ? {} : { matrices_in_16_bits: narrow.size, matrices_kept_in_32_bits: kept }),
    },
  };
}

/** What generation_config.json says. */
export interface GenerationConfig {
  readonly eos: ReadonlySet<number>;
  readonly draws: DrawDefaults;
  /** The file's sha256, `absent` where there is none. */
  readonly digest: string;
}

/** A number of generation_config.json that draws follow, or null. */
function drawNumber(
  file: string,
  values: Readonly<Record<string, unknown>>,
  name: string,
  valid: (value: number) => boolean,
): number | null {
  const value = values[name];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && valid(value)) return value;
  throw new UserError(`${file}: ${name} is ${JSON.stringify(value)}, which no draw can follow`);
}

/**
 * Reads generation_config.json: its end-of-text ids, else `fallback` (those of config.json), and what it says of draws. Throws `UserError` when the file is broken.
 */
export async function readGenerationConfig(folder: string, fallback: readonly number[]): Promise<GenerationConfig> {
  const file = path.join(folder, 'generation_config.json');
  const text = await readTextIfThere(file);
  if (text === null) return { eos: new Set(fallback), draws: NO_DRAW_DEFAULTS, digest: 'absent' };
  const parsed = parseJsonFile(text, file);
  const values = isObject(parsed) ? parsed : {};
  const value = values.eos_token_id;
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? fallback : [value];
  const ids = list.filter((id): id is number => Number.isInteger(id));
  if (ids.length < list.length)
    throw new UserError(
      `${file}: eos_token_id is ${JSON.stringify(value)}; valid is the number of a token, a list of such numbers, or null`,
    );
  const draws = {
    topK: drawNumber(file, values, 'top_k', (k) => Number.isInteger(k) && k >= 0),
    topP: drawNumber(file, values, 'top_p', (p) => p >= 0 && p <= 1),
    minP: drawNumber(file, values, 'min_p', (p) => p >= 0 && p <= 1),
  };
  return { eos: new Set(ids), draws, digest: sha256(text) };
}
