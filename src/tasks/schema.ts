import { z } from 'zod';
import { at } from '../at.js';
import { UserError } from '../errors.js';
import { FOR_DATA_SET, hookNames } from '../hooks/built-in.js';
import type { HookFunctions, HookKind, Hooks } from '../hooks/hook.js';
import { isObject } from '../is-object.js';
import { didYouMean } from '../suggest.js';
import type { PromptVariant } from '../types.js';
import { type Config, FunctionReference } from './config.js';

/** Names become parts of file names: letters, digits, `_`, `-`, `+` and inner dots (`latxa-7b-v1.1`) only; and a name must not look like a file. */
export const NAME = /^(?!.*\.ya?ml$)[A-Za-z0-9](?:[A-Za-z0-9_+.-]{0,126}[A-Za-z0-9_+-])?$/;

const name = z
  .string()
  .regex(NAME, 'a name has letters, digits, _, -, + and inner dots only, at most 128 of them, and does not end like a file (.yaml)');
const text = z.string();
/** Parts of the path to a data set, on the hub or in a folder; nothing that leads elsewhere. */
const PART = /^[A-Za-z0-9_][A-Za-z0-9_.+=, ()-]{0,199}$/;
const REPO = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,95})?$/;
const split = z.string().regex(PART, 'a split has letters, digits, spaces and _.+=,()- only; slices are not supported').nullish();
const count = z.number().int().min(0).max(1000);
const template = z.union([z.string(), z.number().int()]);
const textList = z.union([z.string(), z.array(z.string())]);

/** Paths of data files, or patterns. */
const fileList = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const separator = z.string().length(1, 'one character separates fields');

/** Options of a metric are checked by the metric itself. */
const metric = z.looseObject({
  metric: text,
  aggregation: text.optional(),
  higher_is_better: z.boolean().optional(),
  hf_evaluate: z.literal(false, 'metrics of the evaluate library are not supported').optional(),
});

const step = z.discriminatedUnion('function', [
  z.strictObject({
    function: z.literal('regex'),
    regex_pattern: z.string().optional(),
    group_select: z.number().int().optional(),
    fallback: z.string().optional(),
  }),
  z.strictObject({ function: z.literal('take_first') }),
  z.strictObject({ function: z.literal('remove_whitespace') }),
  z.strictObject({ function: z.literal('lowercase') }),
  z.strictObject({ function: z.literal('uppercase') }),
]);

const generation = z.strictObject({
  until: textList.nullish(),
  do_sample: z.boolean().optional(),
  temperature: z.number().min(0).max(100).optional(),
  top_p: z.number().positive().max(1).optional(),
  top_k: z.number().int().min(0).optional(),
  /** Of the draws; 1234 without it, the harness's. */
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  max_gen_toks: z.number().int().positive().optional(),
  max_new_tokens: z.number().int().positive().optional(),
  max_tokens: z.number().int().positive().optional(),
});

const fewshot = z.strictObject({
  sampler: z.enum(['default', 'first_n']).optional(),
  samples: z.array(z.record(z.string(), z.unknown())).min(1).optional(),
});

const metadata = z.looseObject({
  version: z.union([z.string(), z.number()]).optional(),
  language: z.enum(['eu', 'en', 'es']).optional(),
  category: text.optional(),
  headline_metric: text.optional(),
  documents: z.number().int().positive().optional(),
});

/** Fields that only say something to other programs, or that must be off. */
const off = (what: string) => z.union([z.literal(false), z.null()], `${what} is not supported`).optional();

/** The wording of a prompt; everything else of the task stays. */
const variant = z.strictObject({
  doc_to_text: template.optional(),
  doc_to_target: template.optional(),
  doc_to_choice: z.union([z.string(), z.array(z.string()).min(1), z.record(z.string(), z.string())]).nullish(),
  description: text.nullish(),
  gen_prefix: text.nullish(),
  target_delimiter: text.optional(),
  fewshot_delimiter: text.optional(),
});
const variants = z.record(name, variant);

const taskSchema = z.strictObject({
  task: name,
  task_alias: text.optional(),
  tag: textList.nullish(),
  dataset_path: z.string().regex(REPO, 'a data set is NAME or ORGANISATION/NAME'),
  dataset_name: z.string().regex(PART, 'a configuration has letters, digits, spaces and _.+=,()- only').nullish(),
  dataset_kwargs: z
    .strictObject({
      trust_remote_code: z.boolean().optional(),
      data_files: z.union([fileList, z.record(z.string(), fileList)]).optional(),
      delimiter: separator.optional(),
      sep: separator.optional(),
    })
    .nullish(),
  training_split: split,
  validation_split: split,
  test_split: split,
  fewshot_split: split,
  process_docs: text.nullish(),
  doc_to_text: template,
  doc_to_target: template,
  doc_to_choice: z.union([z.string(), z.array(z.string()).min(1), z.record(z.string(), z.string())]).nullish(),
  process_results: text.nullish(),
  prompt_variants: variants.nullish(),
  description: text.nullish(),
  target_delimiter: text.optional(),
  fewshot_delimiter: text.optional(),
  fewshot_config: fewshot.nullish(),
  num_fewshot: count.nullish(),
  output_type: z.enum(['multiple_choice', 'generate_until', 'loglikelihood', 'loglikelihood_rolling']).optional(),
  metric_list: z.array(metric).min(1).nullish(),
  generation_kwargs: generation.nullish(),
  repeats: z.literal(1, 'only repeats: 1 is supported').optional(),
  filter_list: z
    .array(z.strictObject({ name, filter: z.array(step).min(1) }))
    .min(1)
    .nullish(),
  gen_prefix: text.nullish(),
  metadata: metadata.nullish(),
  should_decontaminate: z.boolean().optional(),
  doc_to_decontamination_query: text.nullish(),
  unsafe_code: off('running generated code'),
  doc_to_image: off('image input'),
  doc_to_audio: off('audio input'),
  use_prompt: off('promptsource'),
});

const aggregate = z.strictObject({
  metric: text,
  aggregation: z.literal('mean').optional(),
  weight_by_size: z.boolean().optional(),
  filter_list: textList.optional(),
});

const groupSchema = z.looseObject({
  group: name,
  group_alias: text.nullish(),
  task: z.union([name.transform((one) => [one]), z.array(z.union([name, z.record(z.string(), z.unknown())])).min(1)]),
  aggregate_metric_list: z.union([aggregate.transform((one) => [one]), z.array(aggregate)]).nullish(),
  metadata: metadata.nullish(),
  tag: textList.nullish(),
});

export type TaskConfig = z.infer<typeof taskSchema>;
export type GroupConfig = z.infer<typeof groupSchema>;

/** Fields of a group that do not go down to its tasks. */
export const GROUP_FIELDS: readonly string[] = ['group', 'group_alias', 'task', 'aggregate_metric_list', 'metadata', 'tag'];

/**
 * Returns the fields of a single task, checked. Throws `UserError` naming file, field and what would be valid.
 */
export function checkTask(file: string, config: Config): TaskConfig {
  const named = nameHooks(config);
  refuseFunctions(file, named, '');
  return check(taskSchema, file, named, Object.keys(taskSchema.shape));
}

/**
 * Returns the variants of the prompts of a task, checked. Throws `UserError` naming file, task and field.
 */
export function checkVariants(file: string, task: string, config: unknown): Readonly<Record<string, PromptVariant>> {
  return at(Object.values(check(z.object({ [task]: variants }), file, { [task]: config }, [])), 0);
}

/**
 * Returns the fields of a group, checked; other fields are kept, they go down to its tasks.
 */
export function checkGroup(file: string, config: Config): GroupConfig {
  return check(groupSchema, file, config, Object.keys(groupSchema.shape));
}

/** How a task file's mention of a function is written from here on. */
export const HOOK_PREFIX = 'hook:';

/** Where a hook is named. */
export interface HookContext {
  readonly file: string;
  readonly dataset: string;
  readonly hooks: Hooks;
  /** A hook that is not there is an error where it is called. */
  readonly late: boolean;
}

/**
 * Returns the hook that a field of a task file names: `NAME`, `hook:NAME`, or `hook:file.NAME`, as `!function file.NAME` is written here.
 * Throws `UserError` where there is none of that name; with `late` only its call throws it.
 */
export function resolveHook<K extends HookKind>(
  { file, dataset, hooks, late }: HookContext,
  where: string,
  kind: K,
  mention: string,
): HookFunctions[K] {
  const name = bareName(mention);
  const found = hooks[kind].get(name + FOR_DATA_SET + dataset) ?? hooks[kind].get(name);
  if (found !== undefined) return found;
  const whole = mention.startsWith(HOOK_PREFIX) ? mention.slice(HOOK_PREFIX.length) : mention;
  const error =
    whole === name
      ? new UserError(
          `${file}: ${where}: no hook '${name}' among the built-in ones (docs/task-files.md); give a JavaScript module that exports it (--hooks FILE).${didYouMean(name, hookNames(hooks, kind))}`,
        )
      : noHook(file, where, whole);
  if (late) return failing(error)[kind];
  throw error;
}

/**
 * Returns the name of a hook without prefix and file.
 */
export function bareName(mention: string): string {
  const whole = mention.startsWith(HOOK_PREFIX) ? mention.slice(HOOK_PREFIX.length) : mention;
  return whole.slice(whole.lastIndexOf('.') + 1);
}

/** Fields that may name a function. */
const HOOKED = ['doc_to_text', 'doc_to_target', 'doc_to_choice', 'process_docs', 'process_results'] as const;

/** `!function file.name` becomes `hook:file.name` in the fields where a hook can stand for it; the file is never looked at. */
function nameHooks(config: Config): Config {
  const named = Object.fromEntries(
    Object.entries(config).map(([field, value]) => [field, HOOKED.some((x) => x === field) ? hookOf(value) : value]),
  );
  const list: unknown = config.metric_list;
  if (!Array.isArray(list)) return named;
  return {
    ...named,
    metric_list: list.map((entry: unknown) => (isObject(entry) ? { ...entry, aggregation: hookOf(entry.aggregation) } : entry)),
  };
}

function hookOf(value: unknown): unknown {
  return value instanceof FunctionReference ? HOOK_PREFIX + value.name : value;
}

/** What the objects hold that stand in fields of a task file. */
const NESTED: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['generation_kwargs', Object.keys(generation.shape)],
  ['fewshot_config', Object.keys(fewshot.shape)],
  ['prompt_variants', Object.keys(variant.shape)],
]);

function check<T>(schema: z.ZodType<T>, file: string, config: Config, fields: readonly string[]): T {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError(`${file}: ${issue === undefined ? 'not a valid task file' : describe(issue, fields, config)}`);
}

/** The first of the nested issues of a union says more than "Invalid input", if all agree on the path. */
function describe(issue: z.core.$ZodIssue, fields: readonly string[], config: Config): string {
  const where = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = at(issue.keys, 0);
    const valid = where === '' ? fields : (NESTED.get(issue.path[0]) ?? []);
    const place = where === '' ? '' : ` in ${where}`;
    return `unknown field '${key}'${place}.${didYouMean(key, valid)}${valid.length === 0 ? '' : ` Valid: ${valid.join(', ')}`}`;
  }
  const found = valueAt(config, issue.path);
  if (found === undefined && where !== '' && issue.code !== 'custom') return `${where}: missing`;
  if (
    issue.code === 'invalid_type' &&
    issue.expected === 'string' &&
    (found === null || typeof found !== 'object' || found instanceof Date)
  ) {
    return `${where}: expected a text; without quotes YAML reads ${found instanceof Date ? 'a date' : String(found)} here: write it in quotes ('...')`;
  }
  if (issue.code === 'invalid_value' && typeof found === 'string') {
    const valid = issue.values.map(String);
    return `${where}: '${found}' is not valid; valid: ${valid.join(', ')}.${didYouMean(found, valid)}`;
  }
  if (issue.code === 'invalid_union') {
    // A list of texts with a number in it: what is wrong is the item, not that it is a list.
    const inner = issue.errors
      .flatMap((errors) => errors.slice(0, 1))
      .find((error) => error.code === 'invalid_type' && error.path.length > 0);
    if (inner !== undefined) return describe({ ...inner, path: [...issue.path, ...inner.path] }, fields, config);
    const wanted = issue.errors.map((errors) => errors[0]?.message.replace(/^Invalid input: /, '') ?? '').filter((x) => x !== '');
    return `${where}: ${[...new Set(wanted)].join(' or ') || issue.message}`;
  }
  return `${where === '' ? '' : `${where}: `}${issue.message.replace(/^Invalid input: /, '')}`;
}

function valueAt(config: Config, path: readonly PropertyKey[]): unknown {
  let value: unknown = config;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

function refuseFunctions(file: string, value: unknown, where: string): void {
  if (value instanceof FunctionReference) throw noHook(file, where, value.name);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) refuseFunctions(file, inner, where === '' ? key : `${where}.${key}`);
}

function noHook(file: string, where: string, name: string): UserError {
  return new UserError(
    `${file}: ${where}: !function ${name} is Python code, which is never run here. Give a JavaScript module that exports ${bareName(name)} (--hooks FILE), or write it in Jinja (docs/task-files.md)`,
  );
}

/** Functions that fail when they are called. */
function failing(error: UserError): HookFunctions {
  const fail = (): never => {
    throw error;
  };
  return {
    doc_to_text: fail,
    doc_to_target: fail,
    doc_to_choice: fail,
    process_docs: fail,
    process_results: fail,
    aggregation: { call: fail },
  };
}
