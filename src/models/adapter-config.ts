/** Reads `adapter_config.json` of PEFT: what a LoRA adapter changes, and of which model. Fields that change a score and are not known here are refused by name. */

import path from 'node:path';
import { z } from 'zod';
import { at } from '../at.js';
import { UserError } from '../errors.js';
import { parseJsonFile, readTextIfThere } from '../json-file.js';
import { fullMatch } from '../python/regex.js';

/** The file that makes a folder an adapter. */
export const ADAPTER_CONFIG = 'adapter_config.json';

/** A LoRA adapter's settings. Modules are called as in the model, e.g. `model.layers.0.self_attn.q_proj`. */
export interface LoraConfig {
  /** The file, for messages. */
  readonly file: string;
  /** Folder or hub name of the model that was trained; null where the file does not say. */
  readonly base: string | null;
  /** Whether the adapter has matrices for a linear layer or embedding. */
  readonly targets: (module: string) => boolean;
  readonly rank: (module: string) => number;
  /** Factor on the product of both matrices: alpha / rank, or alpha / sqrt(rank) of a rank-stabilized adapter (Kalajdzievski 2023). */
  readonly scale: (module: string) => number;
  /** Ends of the names of modules that the adapter holds as a whole. */
  readonly saved: readonly string[];
  /** Input embedding and output layer stay one matrix, where they are one in the model. */
  readonly keepsTied: boolean;
}

const names = z.union([z.string(), z.array(z.string())]);
const schema = z.looseObject({
  peft_type: z.string(),
  base_model_name_or_path: z.string().nullish(),
  r: z.number().int().positive().default(8),
  lora_alpha: z.number().default(8),
  use_rslora: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), z.number().int().positive()).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  target_modules: names.nullish(),
  exclude_modules: names.nullish(),
  layers_to_transform: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  layers_pattern: names.nullish(),
  modules_to_save: z.array(z.string()).nullish(),
  ensure_weight_tying: z.boolean().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});

/** Fields that only training or the file's own history look at, whatever they say. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  ...['auto_mapping', 'peft_version', 'revision', 'task_type', 'inference_mode', 'lora_dropout', 'runtime_config'],
  ...['fan_in_fan_out', 'megatron_core', 'qalora_group_size', 'bias', 'eva_config', 'loftq_config', 'corda_config', 'lora_ga_config'],
]);
/** Ways to begin training that leave the model itself as it is; the others (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA) take a part out of its weights. */
const HARMLESS_STARTS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal'];
const MERGE_FIRST = "merge it in Python (PeftModel's merge_and_unload, then save_pretrained) and give the folder of the merged model";

/** What names a field that peft calls something else than its users do. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  use_dora: 'DoRA',
  use_qalora: 'QA-LoRA',
  use_bdlora: 'BD-LoRA',
  alora_invocation_tokens: 'activated LoRA',
  arrow_config: 'Arrow routing',
  kasa_config: 'KaSA',
  lora_bias: 'a bias in the adapter',
  target_parameters: 'parameters that are no layer (experts)',
  trainable_token_indices: 'single trained tokens',
  layer_replication: 'layers used several times',
};

function isOff(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** A pattern of `rank_pattern` or `alpha_pattern` that the end of the module's name matches, as in peft: the first one counts. */
function patternValue(patterns: Readonly<Record<string, number>> | null | undefined, module: string): number | undefined {
  return Object.entries(patterns ?? {}).find(([pattern]) => fullMatch(`(.*\\.)?(${pattern})`, module))?.[1];
}

const endsWithAny = (module: string, ends: readonly string[]): boolean => ends.some((end) => module === end || module.endsWith(`.${end}`));

/** Number of the layer that a module belongs to, as peft finds it; null where it is in none. */
function layerOf(module: string, patterns: readonly string[]): number | null {
  if (patterns.length === 0) {
    const found = /^.*?\.[^.]*\.(\d+)\./.exec(module)?.[1];
    return found === undefined ? null : Number(found);
  }
  const parts = module.split('.');
  const found = parts.findIndex((part, i) => i + 2 < parts.length && patterns.includes(part) && /^\d+$/.test(at(parts, i + 1)));
  return found < 0 ? null : Number(parts[found + 1]);
}

/** Which modules have matrices, by peft's rules (`check_target_module_exists`). */
function targetRule(c: z.infer<typeof schema>): (module: string) => boolean {
  const listed = (value: string | readonly string[] | null | undefined): readonly string[] =>
    typeof value === 'string' ? [value] : (value ?? []);
  const excluded = (module: string): boolean =>
    typeof c.exclude_modules === 'string'
      ? c.exclude_modules !== '' && fullMatch(c.exclude_modules, module)
      : endsWithAny(module, c.exclude_modules ?? []);
  const saved = (module: string): boolean => (c.modules_to_save ?? []).some((name) => `.${module}.`.includes(`.${name}.`));
  const layers = typeof c.layers_to_transform === 'number' ? [c.layers_to_transform] : (c.layers_to_transform ?? []);
  return (module) => {
    if (excluded(module) || saved(module)) return false;
    const { target_modules: target } = c;
    if (target === 'all-linear') return module !== 'lm_head' && !module.endsWith('embed_tokens');
    if (typeof target === 'string') return fullMatch(target, module);
    if (target?.includes(module)) return true;
    if (!endsWithAny(module, target ?? [])) return false;
    if (layers.length === 0) return true;
    const layer = layerOf(module, listed(c.layers_pattern));
    return layer !== null && layers.includes(layer);
  };
}

/**
 * Returns the settings in a parsed `adapter_config.json`; `file` is for messages.
 * Throws `UserError` for another method than LoRA, for a variant of it that is not known (DoRA, ...) by name, and for fields of a wrong type.
 */
function parseAdapterConfig(value: unknown, file: string): LoraConfig {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${file}: ${issue?.path.map(String).join('.') || 'the file'}: ${issue?.message}`);
  }
  const c = parsed.data;
  if (c.peft_type !== 'LORA')
    throw new UserError(
      `${file}: peft_type: the method ${JSON.stringify(c.peft_type)} is not supported; supported is LORA. ${mergeFirst()}`,
    );
  if (!HARMLESS_STARTS.includes(c.init_lora_weights))
    throw new UserError(
      `${file}: init_lora_weights ${JSON.stringify(c.init_lora_weights)} takes a part out of the model's own weights when it is loaded, which is not supported. ${mergeFirst()}`,
    );
  for (const [field, setting] of Object.entries(c)) {
    if (field in schema.shape || WITHOUT_EFFECT.has(field) || isOff(setting)) continue;
    const name = KNOWN_AS[field] === undefined ? '' : ` (${KNOWN_AS[field]})`;
    throw new UserError(`${file}: ${field}${name} is not supported; plain and rank-stabilized LoRA are. ${mergeFirst()}`);
  }
  const rank = (module: string): number => patternValue(c.rank_pattern, module) ?? c.r;
  return {
    file,
    base: c.base_model_name_or_path || null,
    targets: targetRule(c),
    rank,
    scale(module) {
      const alpha = patternValue(c.alpha_pattern, module) ?? c.lora_alpha;
      return c.use_rslora === true ? alpha / Math.sqrt(rank(module)) : alpha / rank(module);
    },
    saved: c.modules_to_save ?? [],
    keepsTied: c.ensure_weight_tying === true,
  };
}

const mergeFirst = (): string => `The way that works: ${MERGE_FIRST}`;

/**
 * Reads `adapter_config.json` of a folder; null where there is none. Throws `UserError` as `parseAdapterConfig` does, and for a file that is no JSON.
 */
export async function readAdapterConfig(folder: string): Promise<LoraConfig | null> {
  const file = path.join(folder, ADAPTER_CONFIG);
  const text = await readTextIfThere(file);
  return text === null ? null : parseAdapterConfig(parseJsonFile(text, file), file);
}
