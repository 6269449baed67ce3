/** Reads and validates a model's `config.json`: everything that decides how its graph is written and how long its inputs may be. */
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJsonFile } from '../json-file.js';
import { type ConfigClass, configClasses, knownTypes } from './config-classes.js';
import { type Fields, fieldsOf } from './config-fields.js';
import { type Quantization, readQuantization } from './quantization-config.js';
import { type Rope, readRope } from './rope-config.js';

export interface ModelConfig {
  /** The file, for messages. */
  readonly file: string;
  readonly architecture: string;
  readonly modelType: string;
  /** `model_type` of the text model: the same, but for a model that also takes pictures or sound. */
  readonly textType: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  /** One for each layer, where the config lists them. */
  readonly intermediateSizes: readonly number[] | null;
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
  /** Of layers that see everything. */
  readonly rope: Rope;
  /** Of sliding layers where they have their own (Gemma 3); else the same as `rope`. */
  readonly ropeLocal: Rope;
  /** Tokens that a sliding layer sees, itself included; null: no layer slides. */
  readonly slidingWindow: number | null;
  /** Which layers slide, where the config lists them (`layer_types`); null leaves it to the architecture. */
  readonly slidingLayers: readonly boolean[] | null;
  /** `layer_types` as it stands, where the class knows it. */
  readonly layerTypes: readonly string[] | null;
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
  /** How the weights were quantized; null: they were not. */
  readonly quantization: Quantization | null;
  /** All fields that the class knows, for what only some architectures have. */
  readonly fields: Fields;
}

const count = z.number().int().positive();
/** Layers of a model at most: a broken file must not make lists of thousands of millions. */
const MOST_LAYERS = 10_000;
/** What says which class reads the file, and how; looked at before any other field. */
const kindSchema = z.looseObject({ model_type: z.string(), architectures: z.array(z.string()).nullish() });
/** Where the class names no longest input: the harness's default. */
const LENGTH = 2048;
const schema = z.looseObject({
  hidden_size: count,
  intermediate_size: z.union([count, z.array(count).min(1)]).nullish(),
  num_hidden_layers: count.max(MOST_LAYERS),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count.default(LENGTH),
  original_max_position_embeddings: count.nullish(),
  rms_norm_eps: z.number().nonnegative().optional(),
  layer_norm_eps: z.number().nonnegative().optional(),
  layer_norm_epsilon: z.number().nonnegative().optional(),
  norm_eps: z.number().nonnegative().optional(),
  norm_epsilon: z.number().nonnegative().optional(),
  hidden_act: z.string().optional(),
  hidden_activation: z.string().optional(),
  activation_function: z.string().optional(),
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
  // EXAONE 4 writes 0 where no layer slides.
  sliding_window_pattern: z.number().int().nonnegative().optional(),
  use_sliding_window: z.boolean().optional(),
  max_window_layers: z.number().int().optional(),
  layer_types: z.array(z.string()).nullish(),
  attn_logit_softcapping: z.number().positive().nullish(),
  final_logit_softcapping: z.number().positive().nullish(),
  query_pre_attn_scalar: z.number().positive().optional(),
  use_bidirectional_attention: z.union([z.boolean(), z.string()]).nullish(),
  dtype: z.string().nullish(),
  torch_dtype: z.string().nullish(),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  transformers_weights: z.string().nullish(),
});
/** What a model that also takes pictures or sound says outside `text_config`. */
const OUTSIDE = ['tie_word_embeddings', 'eos_token_id', 'dtype', 'torch_dtype', 'transformers_weights'];
/** Fields that every class has, or that this program looks at whatever the class. */
const EVERYWHERE = ['dtype', 'torch_dtype', 'transformers_weights', 'layer_types'];
/** Kinds of layers, where the class says nothing else. */
const LAYER_TYPES: readonly string[] = ['full_attention', 'sliding_attention'];
/** Base of the rotation where a file names none (`default_theta` of the classes). */
const THETA = 10_000;
const GEMMA3_THETA = { full: 1_000_000, sliding: 10_000 };
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

/**
 * Rotary embeddings of full and of sliding layers. Where both spellings stand in a file, the older one counts, as in transformers. Gemma 3 has two bases in its older spelling; its
 * scaling is of the full layers alone, and counts only where it says `rope_type`, since the class has set that one before it looks. Other classes take an entry for each kind of layer.
 */
function ropes(c: z.infer<typeof schema>, known: ConfigClass, file: string): { rope: Rope; ropeLocal: Rope } {
  const context = {
    file,
    check: <T>(type: z.ZodType<T>, value: unknown, where: string): T => check(type, value, file, where),
    maxPositions: c.max_position_embeddings,
    originalMaxPositions: c.original_max_position_embeddings ?? null,
    partial: c.partial_rotary_factor ?? null,
  };
  const parameters = c.rope_parameters ?? {};
  const scaling = c.rope_scaling ?? {};
  if (known.older.includes('rope_local_base_freq')) {
    const entry = (kind: 'full_attention' | 'sliding_attention', base: number, over: object): Rope =>
      readRope({ ...Object(parameters[kind] ?? { rope_type: 'default' }), ...over }, base, `rope_parameters.${kind}`, context);
    return {
      rope: entry('full_attention', c.rope_theta ?? GEMMA3_THETA.full, scaling),
      ropeLocal: entry('sliding_attention', c.rope_local_base_freq ?? GEMMA3_THETA.sliding, {}),
    };
  }
  const old = Object.keys(scaling).length > 0;
  const [entries, where] = old ? [scaling, 'rope_scaling'] : [parameters, 'rope_parameters'];
  const theta = c.rope_theta ?? known.theta ?? THETA;
  // Where the file lists no kinds, a class that has some fills them in before it looks.
  const kinds = c.layer_types ?? (Object.hasOwn(known.defaults, 'layer_types') ? LAYER_TYPES : []);
  const nested = kinds.some((type) => Object.hasOwn(entries, type));
  const of = (kind: string): Rope =>
    nested ? readRope(entries[kind] ?? {}, theta, `${where}.${kind}`, context) : readRope(entries, theta, where, context);
  return { rope: of('full_attention'), ropeLocal: of('sliding_attention') };
}

/** Every class checks `layer_types`, but not every class knows it. */
function layerTypes(c: z.infer<typeof schema>, known: ConfigClass, file: string): string[] | null {
  if (!c.layer_types) return null;
  if (c.layer_types.length !== c.num_hidden_layers)
    throw new UserError(`${file}: layer_types has ${c.layer_types.length} entries for ${c.num_hidden_layers} layers`);
  const valid = known.layerTypes ?? LAYER_TYPES;
  const other = c.layer_types.find((type) => !valid.includes(type));
  if (other !== undefined) throw new UserError(`${file}: layer_types: "${other}" is not supported; supported are ${valid.join(', ')}`);
  return Object.hasOwn(known.defaults, 'layer_types') || known.older.includes('layer_types') ? c.layer_types : null;
}

/** The error for a model that no graph can be written for; it names the ways that work. */
function unsupported(file: string, what: string): UserError {
  return new UserError(
    `${file}: ${what} is not supported; docs/models.md lists the ${configClasses().size} model types that are. Ways that work for others: --serve vllm (or --serve llama.cpp with a GGUF file), a server that runs already (--model completions:NAME --base-url URL), or an ONNX export in its folder (onnx/model.onnx)`,
  );
}

/**
 * Returns the configuration class that reads a file, by `model_type` as in transformers; `architectures` may be missing, or name a class or a model without its
 * output layer. Throws `UserError` for every other model, before any of its fields is looked at.
 */
function classOf(value: unknown, file: string): { known: ConfigClass; modelType: string } {
  const { model_type: modelType, architectures } = check(kindSchema, value, file, '');
  const named = architectures?.[0];
  const known = configClasses().get(modelType);
  if (known === undefined && knownTypes().other.includes(modelType))
    throw new UserError(
      `${file}: a model of model_type "${modelType}" predicts no next token (it is an encoder, or a part of another model), so it gives no log-probabilities and no texts`,
    );
  if (known === undefined)
    throw unsupported(file, named === undefined ? `model_type "${modelType}"` : `model_type "${modelType}", architecture "${named}"`);
  // Where both name classes that are known, model_type decides, as in transformers.
  const names = [...configClasses().values()].flatMap(({ causal, others = [] }) => [
    causal,
    causal.replace(/For(?:CausalLM|ConditionalGeneration)$|LMHeadModel$/, 'Model'),
    ...others,
  ]);
  if (named !== undefined && !names.includes(named)) throw unsupported(file, `model_type "${modelType}", architecture "${named}"`);
  return { known, modelType };
}

/** The fields that the class knows, under their common names and with its defaults where the file is silent; others are left out, as there. */
function knownFields(value: object, known: ConfigClass): Record<string, unknown> {
  const read = new Set([...Object.keys(known.defaults), ...known.older, ...EVERYWHERE]);
  const names = known.names ?? {};
  const given = Object.entries(value).map(([field, found]) => [Object.hasOwn(names, field) ? names[field] : field, found] as const);
  return { ...known.defaults, ...Object.fromEntries(given.filter(([field]) => field !== undefined && read.has(field))) };
}

/** The part of a file that describes the text model, with the class that reads it. Of a model that also takes pictures or sound it is `text_config`; what that lacks counts as outside. */
function textPart(
  value: unknown,
  file: string,
): { fields: Record<string, unknown>; known: ConfigClass; modelType: string; textType: string } {
  const { known, modelType } = classOf(value, file);
  if (typeof value !== 'object' || value === null) throw new UserError(`${file}: not a JSON object`);
  const inner = 'text_config' in value ? value.text_config : undefined;
  if (known.text === undefined) {
    if (inner !== undefined)
      throw new UserError(`${file}: text_config: models that also take pictures or sound are not supported; use a text model`);
    return { fields: knownFields(value, known), known, modelType, textType: modelType };
  }
  const text = check(z.looseObject({ model_type: z.string().optional() }), inner ?? {}, file, 'text_config');
  const type = text.model_type ?? known.text;
  const textClass = configClasses().get(type);
  if (textClass === undefined) throw unsupported(file, `text_config: model_type "${type}"`);
  const outer = { ...known.defaults, ...value };
  const shared = Object.fromEntries(
    Object.entries(outer).filter(([field, found]) => OUTSIDE.includes(field) && found !== null && found !== undefined),
  );
  return { fields: { ...knownFields(text, textClass), ...shared }, known: textClass, modelType, textType: type };
}

/**
 * Validates the parsed `config.json`; `file` is for messages. Returns the settings in one spelling.
 * Throws `UserError` naming file, field and what is valid.
 */
export function parseModelConfig(value: unknown, file: string): ModelConfig {
  const { fields, known, modelType, textType } = textPart(value, file);
  const quantization = readQuantization(
    valueAt(value, ['quantization_config']) ?? valueAt(value, ['text_config', 'quantization_config']),
    file,
  );
  const c = check(schema, fields, file, '');
  if (c.head_dim === null && typeof known.defaults.head_dim === 'number')
    throw new UserError(`${file}: head_dim is null; valid is a number, or no head_dim (which means ${known.defaults.head_dim})`);
  if (c.intermediate_size === null && typeof known.defaults.intermediate_size === 'number')
    check(z.looseObject({ intermediate_size: count }), fields, file, '');
  // Gemma 4 says "vision": pictures look ahead, texts do not.
  if (c.use_bidirectional_attention && c.use_bidirectional_attention !== 'vision')
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
  const [size, sizes] = Array.isArray(c.intermediate_size) ? [null, c.intermediate_size] : [c.intermediate_size ?? null, null];
  if (sizes !== null && !(known.lists ?? []).includes('intermediate_size')) check(count, sizes, file, 'intermediate_size');
  const types = layerTypes(c, known, file);
  return {
    file,
    architecture: known.causal,
    modelType,
    textType,
    hiddenSize: c.hidden_size,
    intermediateSize: sizes?.[0] ?? size ?? 4 * c.hidden_size,
    intermediateSizes: sizes,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads,
    headDim,
    vocabSize: c.vocab_size,
    maxLength: c.max_position_embeddings,
    normEpsilon: c.rms_norm_eps ?? c.layer_norm_eps ?? c.layer_norm_epsilon ?? c.norm_eps ?? c.norm_epsilon ?? 1e-5,
    activation: c.hidden_activation ?? c.hidden_act ?? c.activation_function ?? 'silu',
    tiedEmbeddings: c.tie_word_embeddings,
    attentionBias: c.attention_bias ?? false,
    mlpBias: c.mlp_bias ?? false,
    ...ropes(c, known, file),
    slidingWindow: c.sliding_window ?? null,
    slidingLayers: types?.map((type) => type === 'sliding_attention') ?? null,
    layerTypes: types,
    slidingPattern: c.sliding_window_pattern ?? null,
    useSlidingWindow: c.use_sliding_window ?? false,
    maxWindowLayers: c.max_window_layers ?? null,
    attentionSoftcap: c.attn_logit_softcapping ?? null,
    finalSoftcap: c.final_logit_softcapping ?? null,
    queryPreAttnScalar: c.query_pre_attn_scalar ?? null,
    dtype: c.dtype ?? c.torch_dtype ?? null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    weightsFile: c.transformers_weights ?? null,
    quantization,
    fields: fieldsOf(fields, file),
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
