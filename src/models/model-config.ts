/** Reads and validates a model's `config.json`: everything that decides how its graph is written and how long its inputs may be. */
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJsonFile } from '../json-file.js';

/** Rotary position embedding of one kind of layer. */
export type Rope =
  | { readonly type: 'default'; readonly theta: number }
  | { readonly type: 'linear'; readonly theta: number; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly theta: number;
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPosition: number;
    };

export interface ModelConfig {
  /** The file, for messages. */
  readonly file: string;
  readonly architecture: string;
  readonly modelType: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  /** Longest input in tokens: `max_position_embeddings`, 2048 where the config names none. */
  readonly maxLength: number;
  readonly normEpsilon: number;
  /** `silu`, `gelu_pytorch_tanh`, ... as the config writes it. */
  readonly activation: string;
  /** Whether the output layer is the embedding; null where the config does not say (each architecture has its own default). */
  readonly tiedEmbeddings: boolean | null;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly rope: Rope;
  /** Of sliding layers where they have their own (Gemma 3); else the same as `rope`. */
  readonly ropeLocal: Rope;
  /** Tokens that a sliding layer sees, itself included; null: no layer slides. */
  readonly slidingWindow: number | null;
  /** Which layers slide, where the config lists them (`layer_types`); null leaves it to the architecture. */
  readonly slidingLayers: readonly boolean[] | null;
  /** Gemma 3: every n-th layer is global. */
  readonly slidingPattern: number | null;
  /** Qwen2: `use_sliding_window` and the first layer that slides. */
  readonly useSlidingWindow: boolean;
  readonly maxWindowLayers: number | null;
  readonly attentionSoftcap: number | null;
  readonly finalSoftcap: number | null;
  readonly queryPreAttnScalar: number | null;
  /** What the weights were saved as; informative, the files decide. */
  readonly dtype: string | null;
  readonly eosTokenIds: readonly number[];
  /** The weight file that the config names (`transformers_weights`); null: it is found by its usual name. */
  readonly weightsFile: string | null;
}

const count = z.number().int().positive();
const ropeEntry = z.looseObject({
  rope_theta: z.number().positive().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  partial_rotary_factor: z.number().nullish(),
});
const schema = z.looseObject({
  architectures: z.tuple([z.string()], z.string()),
  model_type: z.string(),
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count.nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().nullish(),
  hidden_activation: z.string().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  rope_theta: z.number().positive().nullish(),
  rope_local_base_freq: z.number().positive().nullish(),
  rope_scaling: z.looseObject({}).nullish(),
  rope_parameters: z.looseObject({}).nullish(),
  partial_rotary_factor: z.number().nullish(),
  sliding_window: count.nullish(),
  sliding_window_pattern: count.nullish(),
  _sliding_window_pattern: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.number().int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
  attn_logit_softcapping: z.number().positive().nullish(),
  final_logit_softcapping: z.number().positive().nullish(),
  query_pre_attn_scalar: z.number().positive().nullish(),
  use_bidirectional_attention: z.boolean().nullish(),
  dtype: z.string().nullish(),
  torch_dtype: z.string().nullish(),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  transformers_weights: z.string().nullish(),
});
/**
 * What a field means that `config.json` leaves out, by `model_type`: the defaults of the configuration classes of transformers. A field that is null stays null.
 * Left out here: what all have in common, and `max_position_embeddings` (2048 for all, as the harness says).
 */
const GEMMA = {
  num_key_value_heads: 4,
  head_dim: 256,
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
  hidden_activation: 'gelu_pytorch_tanh',
};
const DEFAULTS: ReadonlyMap<unknown, Readonly<Record<string, number | string>>> = new Map<string, Record<string, number | string>>([
  ['mistral', { num_key_value_heads: 8, sliding_window: 4096 }],
  ['qwen2', { sliding_window: 4096 }],
  ['qwen3', { head_dim: 128, sliding_window: 4096 }],
  ['gemma2', { ...GEMMA, attn_logit_softcapping: 50, final_logit_softcapping: 30 }],
  ['gemma3_text', { ...GEMMA, rope_theta: 1_000_000, rope_local_base_freq: 10_000 }],
]);
const linearSchema = z.looseObject({ factor: z.number().positive() });
const llama3Schema = z.looseObject({
  factor: z.number().positive(),
  low_freq_factor: z.number().positive(),
  high_freq_factor: z.number().positive(),
  original_max_position_embeddings: count,
});

/** Throws `UserError` naming the file, the field and what was expected. */
function check<T>(type: z.ZodType<T>, value: unknown, file: string, where: string): T {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = [where, ...(issue?.path ?? []).map(String)].filter((part) => part !== '').join('.');
  const what = issue?.message.endsWith('received undefined') ? 'is missing' : (issue?.message ?? 'not valid');
  throw new UserError(`${file}: ${field === '' ? '' : `${field}: `}${what}`);
}

function refusePartialRotation(factor: number | null | undefined, where: string): void {
  if ((factor ?? 1) !== 1) throw new UserError(`${where}partial_rotary_factor ${factor} is not supported; supported is 1`);
}

/** Reads one RoPE entry in the new (`rope_parameters`) or old (`rope_theta` beside `rope_scaling`) spelling. */
function ropeOf(entry: unknown, theta: number, file: string, where: string): Rope {
  const { rope_theta, rope_type, type, partial_rotary_factor } = check(ropeEntry, entry, file, where);
  refusePartialRotation(partial_rotary_factor, `${file}: ${where}.`);
  const kind = rope_type ?? type ?? 'default';
  const base = rope_theta ?? theta;
  if (kind === 'default') return { type: 'default', theta: base };
  if (kind === 'linear') return { type: 'linear', theta: base, factor: check(linearSchema, entry, file, where).factor };
  if (kind === 'llama3') {
    const s = check(llama3Schema, entry, file, where);
    return {
      type: 'llama3',
      theta: base,
      factor: s.factor,
      lowFreqFactor: s.low_freq_factor,
      highFreqFactor: s.high_freq_factor,
      originalMaxPosition: s.original_max_position_embeddings,
    };
  }
  throw new UserError(`${file}: ${where}: rotary embedding of type "${kind}" is not supported; supported are default, linear, llama3`);
}

/** Rotary embeddings of full and of sliding layers. Where both spellings stand in a file, the older one counts, as in transformers. */
function ropes(c: z.infer<typeof schema>, file: string): { rope: Rope; ropeLocal: Rope } {
  const theta = c.rope_theta ?? 10_000;
  const parameters = c.rope_parameters ?? {};
  const scaling = c.rope_scaling ?? {};
  if ('full_attention' in parameters || 'sliding_attention' in parameters) {
    const entry = (kind: 'full_attention' | 'sliding_attention', base: number, over: object): Rope =>
      ropeOf({ ...Object(parameters[kind] ?? {}), ...over }, base, file, `rope_parameters.${kind}`);
    return { rope: entry('full_attention', theta, scaling), ropeLocal: entry('sliding_attention', c.rope_local_base_freq ?? theta, {}) };
  }
  const old = Object.keys(scaling).length > 0;
  const rope = ropeOf(old ? scaling : parameters, theta, file, old ? 'rope_scaling' : 'rope_parameters');
  // Scaling never applies to the local layers of Gemma 3, which alone name a second base.
  return { rope, ropeLocal: c.rope_local_base_freq ? { type: 'default', theta: c.rope_local_base_freq } : rope };
}

function slidingLayers(c: z.infer<typeof schema>, file: string): boolean[] | null {
  if (!c.layer_types) return null;
  if (c.layer_types.length !== c.num_hidden_layers)
    throw new UserError(`${file}: layer_types has ${c.layer_types.length} entries for ${c.num_hidden_layers} layers`);
  return c.layer_types.map((type) => {
    if (type !== 'full_attention' && type !== 'sliding_attention')
      throw new UserError(`${file}: layer_types: "${type}" is not supported; supported are full_attention, sliding_attention`);
    return type === 'sliding_attention';
  });
}

/**
 * Validates the parsed `config.json`; `file` is for messages. Returns the settings in one spelling.
 * Throws `UserError` naming file, field and what is valid.
 */
export function parseModelConfig(value: unknown, file: string): ModelConfig {
  if (typeof value === 'object' && value !== null && 'quantization_config' in value && value.quantization_config) {
    throw new UserError(
      `${file}: quantization_config: weights quantized in advance are not supported; use the float32, float16 or bfloat16 model`,
    );
  }
  if (typeof value === 'object' && value !== null && 'text_config' in value)
    throw new UserError(`${file}: text_config: models that also take pictures or sound are not supported; use a text model`);
  const given = check(schema, value, file, '');
  const c: z.infer<typeof schema> = { ...DEFAULTS.get(given.model_type), ...given };
  if (c.use_bidirectional_attention)
    throw new UserError(`${file}: use_bidirectional_attention: a model that looks ahead (an embedding model) gives no log-probabilities`);
  const headDim = c.head_dim ?? c.hidden_size / c.num_attention_heads;
  const kvHeads = c.num_key_value_heads ?? c.num_attention_heads;
  if (!Number.isInteger(headDim))
    throw new UserError(
      `${file}: hidden_size ${c.hidden_size} is not a multiple of num_attention_heads ${c.num_attention_heads}, and head_dim is absent`,
    );
  if (headDim % 2 !== 0) throw new UserError(`${file}: head_dim ${headDim} is odd; rotary embeddings need pairs`);
  if (c.num_attention_heads % kvHeads !== 0)
    throw new UserError(`${file}: num_attention_heads ${c.num_attention_heads} is not a multiple of num_key_value_heads ${kvHeads}`);
  refusePartialRotation(c.partial_rotary_factor, `${file}: `);
  const eos = c.eos_token_id ?? [];
  return {
    file,
    architecture: c.architectures[0],
    modelType: c.model_type,
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads,
    headDim,
    vocabSize: c.vocab_size,
    maxLength: c.max_position_embeddings ?? 2048,
    normEpsilon: c.rms_norm_eps,
    activation: c.hidden_activation ?? c.hidden_act ?? 'silu',
    tiedEmbeddings: c.tie_word_embeddings ?? null,
    attentionBias: c.attention_bias ?? false,
    mlpBias: c.mlp_bias ?? false,
    ...ropes(c, file),
    slidingWindow: c.sliding_window ?? null,
    slidingLayers: slidingLayers(c, file),
    slidingPattern: c.sliding_window_pattern ?? c._sliding_window_pattern ?? null,
    useSlidingWindow: c.use_sliding_window ?? false,
    maxWindowLayers: c.max_window_layers ?? null,
    attentionSoftcap: c.attn_logit_softcapping ?? null,
    finalSoftcap: c.final_logit_softcapping ?? null,
    queryPreAttnScalar: c.query_pre_attn_scalar ?? null,
    dtype: c.dtype ?? c.torch_dtype ?? null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    weightsFile: c.transformers_weights ?? null,
  };
}

/**
 * Reads `config.json` of a model folder. Throws `UserError` when it is absent, broken or not valid.
 */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const file = path.join(folder, 'config.json');
  const { value } = await readJsonFile(file, '; a model folder holds config.json, tokenizer.json and *.safetensors');
  return parseModelConfig(value, file);
}
