/** Reads and validates a model's `config.json`: everything that decides how its graph is written and how long its inputs may be. */
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJsonFile } from '../json-file.js';
import { CONFIG_CLASSES, type ConfigClass } from './config-defaults.js';

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
  /** Longest input in tokens: `max_position_embeddings`. */
  readonly maxLength: number;
  readonly normEpsilon: number;
  /** `silu`, `gelu_pytorch_tanh`, ... as the config writes it. */
  readonly activation: string;
  /** Whether the output layer is the embedding. */
  readonly tiedEmbeddings: boolean;
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
  rope_theta: z.number().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  partial_rotary_factor: z.number().nullish(),
});
/** What says which class reads the file, and how; looked at before any other field. */
const kindSchema = z.looseObject({ model_type: z.string(), architectures: z.array(z.string()).nullish() });
const schema = z.looseObject({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count,
  rms_norm_eps: z.number().nonnegative(),
  hidden_act: z.string().optional(),
  hidden_activation: z.string().optional(),
  tie_word_embeddings: z.boolean(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  rope_theta: z.number().nullish(),
  rope_local_base_freq: z.number().nullish(),
  rope_scaling: z.looseObject({}).nullish(),
  rope_parameters: z.looseObject({}).nullish(),
  partial_rotary_factor: z.number().nullish(),
  // Some files write 0 or -1 where no layer has one; `blueprintOf` looks at it where a layer has.
  sliding_window: z.number().int().nullish(),
  sliding_window_pattern: count.optional(),
  use_sliding_window: z.boolean().optional(),
  max_window_layers: z.number().int().optional(),
  layer_types: z.array(z.string()).nullish(),
  attn_logit_softcapping: z.number().positive().nullish(),
  final_logit_softcapping: z.number().positive().nullish(),
  query_pre_attn_scalar: z.number().positive().optional(),
  use_bidirectional_attention: z.boolean().nullish(),
  dtype: z.string().nullish(),
  torch_dtype: z.string().nullish(),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  transformers_weights: z.string().nullish(),
});
/** Fields that every class has, or that this program looks at whatever the class. */
const EVERYWHERE = ['dtype', 'torch_dtype', 'transformers_weights', 'layer_types'];
/** Base of the rotation where a file names none (`default_theta` of the classes). */
const THETA = 10_000;
const GEMMA3_THETA = { full: 1_000_000, sliding: 10_000 };
const linearSchema = z.looseObject({ factor: z.number().positive() });
const llama3Schema = z.looseObject({
  factor: z.number().positive(),
  low_freq_factor: z.number().positive(),
  high_freq_factor: z.number().positive(),
  original_max_position_embeddings: count.optional(),
});

/** What is valid, in words, for the types that the schemas use. */
function wordsFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small')
    return issue.inclusive === false ? `a number above ${issue.minimum}` : `a whole number from ${issue.minimum}`;
  if (issue.code === 'too_big') return `a number up to ${issue.maximum}`;
  if (issue.code === 'invalid_union') return 'a whole number, or a list of them';
  if (issue.code !== 'invalid_type') return issue.message;
  const { expected } = issue;
  if (expected === 'int') return 'a whole number';
  if (expected === 'array') return 'a list';
  if (expected === 'string') return 'a text';
  if (expected === 'boolean') return 'true or false';
  return expected === 'object' || expected === 'record' ? 'an object' : `a ${expected}`;
}

/** The value at a path inside of another. */
function valueAt(value: unknown, steps: readonly PropertyKey[]): unknown {
  return steps.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

/** Throws `UserError` naming the file, the field, what was found and what is valid. */
function check<T>(type: z.ZodType<T>, value: unknown, file: string, where: string): T {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const steps = issue?.path ?? [];
  const field = [where, ...steps.map(String)].filter((part) => part !== '').join('.');
  const found = valueAt(value, steps);
  const words = issue === undefined ? 'another value' : wordsFor(issue);
  if (field === '') throw new UserError(`${file}: is ${JSON.stringify(value)?.slice(0, 40)}; valid is ${words}`);
  throw new UserError(
    `${file}: ${field}${found === undefined ? ' is missing' : ` is ${JSON.stringify(found).slice(0, 60)}`}; valid is ${words}`,
  );
}

/** Reads one RoPE entry in the new (`rope_parameters`) or old (`rope_theta` beside `rope_scaling`) spelling; `c` is the whole file. */
function ropeOf(entry: unknown, theta: number, c: z.infer<typeof schema>, file: string, where: string): Rope {
  const { rope_theta, rope_type, type, partial_rotary_factor } = check(ropeEntry, entry, file, where);
  const kind = rope_type ?? type ?? 'default';
  const base = rope_theta ?? theta;
  if (!(base > 0)) throw new UserError(`${file}: ${where}: rope_theta is ${base}; valid is a number above 0`);
  // These classes read the factor for scaled rotations only.
  if (kind === 'default') return { type: 'default', theta: base };
  const factor = partial_rotary_factor ?? c.partial_rotary_factor ?? 1;
  if (factor !== 1) throw new UserError(`${file}: ${where}: partial_rotary_factor ${factor} is not supported; supported is 1`);
  if (kind === 'linear') return { type: 'linear', theta: base, factor: check(linearSchema, entry, file, where).factor };
  if (kind === 'llama3') {
    const s = check(llama3Schema, entry, file, where);
    return {
      type: 'llama3',
      theta: base,
      factor: s.factor,
      lowFreqFactor: s.low_freq_factor,
      highFreqFactor: s.high_freq_factor,
      originalMaxPosition: s.original_max_position_embeddings ?? c.max_position_embeddings,
    };
  }
  throw new UserError(`${file}: ${where}: rotary embedding of type "${kind}" is not supported; supported are default, linear, llama3`);
}

/**
 * Rotary embeddings of full and of sliding layers. Where both spellings stand in a file, the older one counts, as in transformers. Only Gemma 3 has two bases; its
 * scaling is of the full layers alone, and counts only where it says `rope_type`, since the class has set that one before it looks.
 */
function ropes(c: z.infer<typeof schema>, known: ConfigClass, file: string): { rope: Rope; ropeLocal: Rope } {
  const parameters = c.rope_parameters ?? {};
  const scaling = c.rope_scaling ?? {};
  if (known.older.includes('rope_local_base_freq')) {
    const entry = (kind: 'full_attention' | 'sliding_attention', base: number, over: object): Rope =>
      ropeOf({ ...Object(parameters[kind] ?? { rope_type: 'default' }), ...over }, base, c, file, `rope_parameters.${kind}`);
    return {
      rope: entry('full_attention', c.rope_theta ?? GEMMA3_THETA.full, scaling),
      ropeLocal: entry('sliding_attention', c.rope_local_base_freq ?? GEMMA3_THETA.sliding, {}),
    };
  }
  const old = Object.keys(scaling).length > 0;
  const rope = ropeOf(old ? scaling : parameters, c.rope_theta ?? THETA, c, file, old ? 'rope_scaling' : 'rope_parameters');
  return { rope, ropeLocal: rope };
}

/** Every class checks `layer_types`, but not every class knows it. */
function slidingLayers(c: z.infer<typeof schema>, known: ConfigClass, file: string): boolean[] | null {
  if (!c.layer_types) return null;
  if (c.layer_types.length !== c.num_hidden_layers)
    throw new UserError(`${file}: layer_types has ${c.layer_types.length} entries for ${c.num_hidden_layers} layers`);
  const slides = c.layer_types.map((type) => {
    if (type !== 'full_attention' && type !== 'sliding_attention')
      throw new UserError(`${file}: layer_types: "${type}" is not supported; supported are full_attention, sliding_attention`);
    return type === 'sliding_attention';
  });
  return Object.hasOwn(known.defaults, 'layer_types') || known.older.includes('layer_types') ? slides : null;
}

/** The error for a model that no graph can be written for; it names the ways that work. */
function unsupported(file: string, what: string): UserError {
  const names = Object.values(CONFIG_CLASSES).map((known) => known.causal);
  return new UserError(
    `${file}: ${what} is not supported; supported are ${names.join(', ')}. Ways that work for others: --serve vllm (or --serve llama.cpp with a GGUF file), a server that runs already (--model completions:NAME --base-url URL), or an ONNX export in its folder (onnx/model.onnx)`,
  );
}

/**
 * Returns the configuration class that reads a file, by `model_type` as in transformers; `architectures` may be missing, or name a class or a model without its
 * output layer. Throws `UserError` for every other model, before any of its fields is looked at.
 */
function classOf(value: unknown, file: string): { known: ConfigClass; modelType: string } {
  const { model_type: modelType, architectures } = check(kindSchema, value, file, '');
  const named = architectures?.[0];
  const known = Object.hasOwn(CONFIG_CLASSES, modelType) ? CONFIG_CLASSES[modelType] : undefined;
  if (known === undefined)
    throw unsupported(file, named === undefined ? `model_type "${modelType}"` : `model_type "${modelType}", architecture "${named}"`);
  // Where both name classes that are known, model_type decides, as in transformers.
  const names = Object.values(CONFIG_CLASSES).flatMap(({ causal }) => [causal, causal.replace('ForCausalLM', 'Model')]);
  if (named !== undefined && !names.includes(named)) throw unsupported(file, `model_type "${modelType}", architecture "${named}"`);
  return { known, modelType };
}

/** The fields that the class knows, with its defaults where the file is silent; others are left out, as there. */
function knownFields(value: object, known: ConfigClass): Record<string, unknown> {
  const read = new Set([...Object.keys(known.defaults), ...known.older, ...EVERYWHERE]);
  return { ...known.defaults, ...Object.fromEntries(Object.entries(value).filter(([field]) => read.has(field))) };
}

/**
 * Validates the parsed `config.json`; `file` is for messages. Returns the settings in one spelling.
 * Throws `UserError` naming file, field and what is valid.
 */
export function parseModelConfig(value: unknown, file: string): ModelConfig {
  const { known, modelType } = classOf(value, file);
  if (typeof value !== 'object' || value === null) throw new UserError(`${file}: not a JSON object`);
  if ('quantization_config' in value && value.quantization_config)
    throw new UserError(
      `${file}: quantization_config: weights quantized in advance are not supported; use the float32, float16 or bfloat16 model, --serve vllm, or a server that runs already (--model completions:NAME --base-url URL)`,
    );
  if ('text_config' in value)
    throw new UserError(`${file}: text_config: models that also take pictures or sound are not supported; use a text model`);
  const c = check(schema, knownFields(value, known), file, '');
  if (c.head_dim === null && typeof known.defaults.head_dim === 'number')
    throw new UserError(`${file}: head_dim is null; valid is a number, or no head_dim (which means ${known.defaults.head_dim})`);
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
  const eos = c.eos_token_id ?? [];
  return {
    file,
    architecture: known.causal,
    modelType,
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads,
    headDim,
    vocabSize: c.vocab_size,
    maxLength: c.max_position_embeddings,
    normEpsilon: c.rms_norm_eps,
    activation: c.hidden_activation ?? c.hidden_act ?? 'silu',
    tiedEmbeddings: c.tie_word_embeddings,
    attentionBias: c.attention_bias ?? false,
    mlpBias: c.mlp_bias ?? false,
    ...ropes(c, known, file),
    slidingWindow: c.sliding_window ?? null,
    slidingLayers: slidingLayers(c, known, file),
    slidingPattern: c.sliding_window_pattern ?? null,
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
