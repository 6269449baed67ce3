import { at } from '../at.js';
import { messageOf, UserError } from '../errors.js';
import type { Sampling } from '../generation.js';
import { BIAS_HOOK } from '../hooks/built-in.js';
import { isFields } from '../python/equal.js';
import { fromEntries } from '../python/fields.js';
import { PyFloat } from '../python/float.js';
import { pythonRegex } from '../python/regex.js';
import type { Doc, FilterSpec, FilterStep, Language, OutputType, Task, TaskMeta, Template, Value } from '../types.js';
import { buildMetrics, type Vocabulary } from './build-metrics.js';
import { dataFilesOf, withoutFolders } from './data-files.js';
import { bareName, HOOK_PREFIX, type HookContext, resolveHook, type TaskConfig } from './schema.js';
import { FEWSHOT_SEED } from './vary.js';

/** Default pattern of the regex filter, as the harness has it. */
const NUMBER_PATTERN = '#### (\\-?[0-9\\.\\,]+)';

/**
 * Returns the task that a checked configuration describes. Throws `UserError` naming file and field where fields contradict each other.
 */
export function buildTask(file: string, config: TaskConfig, vocabulary: Vocabulary): Task {
  const context: HookContext = { file, dataset: config.dataset_path, hooks: vocabulary.hooks, late: vocabulary.lateHooks ?? false };
  const fail = (field: string, message: string): never => {
    throw new UserError(`${file}: ${field}: ${message}`);
  };
  const outputType = config.output_type ?? 'generate_until';
  if (!config.test_split && !config.validation_split)
    fail('test_split', 'missing; name the split to evaluate (test_split or validation_split)');
  if (outputType === 'multiple_choice' && config.doc_to_choice == null) fail('doc_to_choice', 'missing; a multiple_choice task needs it');
  if (outputType === 'loglikelihood_rolling' && (config.num_fewshot ?? 0) > 0)
    fail('num_fewshot', 'a task of loglikelihood_rolling has no examples');
  const processResults = config.process_results == null ? null : bareName(config.process_results);
  const bias = processResults === BIAS_HOOK;
  const scores =
    processResults === null || bias ? null : resolveHook(context, 'process_results', 'process_results', config.process_results ?? '');
  const metrics = buildMetrics(context, config, outputType, vocabulary, scores);
  if (metrics.some(({ metric }) => metric === 'bias') && !bias) fail('metric_list', 'the metric bias needs process_results: bias');
  const fewshotDelimiter = config.fewshot_delimiter ?? '\n\n';
  const filters = buildFilters(config);
  // A pattern that cannot be used must not come out after hours, with the first answer.
  const checkPattern = (field: string, pattern: string): void => {
    try {
      pythonRegex(pattern);
    } catch (error) {
      fail(field, messageOf(error));
    }
  };
  for (const { steps } of filters) for (const step of steps) if (step.function === 'regex') checkPattern('filter_list', step.regexPattern);
  for (const { regexes_to_ignore: patterns } of config.metric_list ?? [])
    if (Array.isArray(patterns)) for (const pattern of patterns) checkPattern('metric_list', String(pattern));
  return {
    name: config.task,
    alias: config.task_alias ?? config.task,
    file,
    datasetPath: config.dataset_path,
    datasetName: config.dataset_name ?? 'default',
    dataFiles: dataFilesOf(file, config),
    trainingSplit: config.training_split ?? null,
    validationSplit: config.validation_split ?? null,
    testSplit: config.test_split ?? null,
    fewshotSplit: config.fewshot_split ?? null,
    processDocs: config.process_docs == null ? null : resolveHook(context, 'process_docs', 'process_docs', config.process_docs),
    docToText: toTemplate(context, 'doc_to_text', config.doc_to_text),
    docToTarget: toTemplate(context, 'doc_to_target', config.doc_to_target),
    docToChoice: config.doc_to_choice == null ? null : toTemplate(context, 'doc_to_choice', config.doc_to_choice),
    description: config.description ?? '',
    genPrefix: config.gen_prefix ?? null,
    targetDelimiter: config.target_delimiter ?? ' ',
    fewshotDelimiter,
    fewshot: {
      count: config.num_fewshot ?? 0,
      original: config.num_fewshot ?? 0,
      seed: FEWSHOT_SEED,
      sampler: config.fewshot_config?.sampler ?? 'default',
      samples: config.fewshot_config?.samples?.map((sample) => toDoc(file, sample)) ?? null,
    },
    outputType,
    generation: {
      until: listOf(config.generation_kwargs?.until ?? fewshotDelimiter),
      maxNewTokens:
        config.generation_kwargs?.max_gen_toks ?? config.generation_kwargs?.max_new_tokens ?? config.generation_kwargs?.max_tokens ?? null,
      sampling: buildSampling(file, config.generation_kwargs ?? {}),
    },
    filters,
    metrics,
    bias,
    processResults,
    version: config.metadata?.version ?? 'Yaml',
    config: harnessConfig(config, outputType, fewshotDelimiter),
    ...(config.prompt_variants == null ? {} : { promptVariants: config.prompt_variants }),
    meta: buildMeta(config, filters, at(metrics, 0).metric),
  };
}

/** Tokens are drawn where the file names a temperature above 0, as for the harness's API models; what it then leaves open is up to the model. */
function buildSampling(file: string, kwargs: NonNullable<TaskConfig['generation_kwargs']>): Sampling | null {
  const { do_sample: drawn, temperature = 0, top_p: topP = null, top_k: topK = null, seed = DRAW_SEED } = kwargs;
  if (drawn === true && temperature === 0) throw new UserError(`${file}: generation_kwargs: do_sample: true needs a temperature above 0`);
  if (drawn === false && temperature > 0)
    throw new UserError(
      `${file}: generation_kwargs: do_sample: false and temperature: ${temperature} contradict each other; leave one out`,
    );
  return temperature === 0 ? null : { temperature, topP, topK, seed };
}

/** The configuration as the harness's result files show it, with its defaults filled in. */
function harnessConfig(config: TaskConfig, outputType: OutputType, fewshotDelimiter: string): Readonly<Record<string, unknown>> {
  return {
    description: '',
    target_delimiter: ' ',
    fewshot_delimiter: fewshotDelimiter,
    num_fewshot: 0,
    repeats: 1,
    should_decontaminate: false,
    ...config,
    ...(config.dataset_kwargs?.data_files === undefined
      ? {}
      : { dataset_kwargs: { ...config.dataset_kwargs, data_files: withoutFolders(config.dataset_kwargs.data_files) } }),
    output_type: outputType,
  };
}

function toTemplate(
  context: HookContext,
  field: 'doc_to_text' | 'doc_to_target' | 'doc_to_choice',
  value: string | number | readonly string[] | Readonly<Record<string, string>>,
): Template {
  if (typeof value === 'string' && value.startsWith(HOOK_PREFIX)) {
    return { kind: 'hook', name: bareName(value), call: resolveHook(context, field, field, value) };
  }
  return writtenTemplate(value);
}

/**
 * Returns what a template written in a file stands for, where it names no function: a number, a list, a field or Jinja.
 */
export function writtenTemplate(value: string | number | readonly string[] | Readonly<Record<string, string>>): Template {
  if (typeof value === 'number') return { kind: 'constant', value };
  if (isList(value)) return { kind: 'list', items: value.map(String) };
  if (typeof value !== 'string') return { kind: 'list', items: Object.values(value) };
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(value) ? { kind: 'field', field: value } : { kind: 'jinja', source: value };
}

function isList(value: unknown): value is readonly (string | number)[] {
  return Array.isArray(value);
}

function buildFilters(config: TaskConfig): readonly FilterSpec[] {
  if (config.filter_list == null) return [{ name: 'none', steps: [{ function: 'take_first' }] }];
  return config.filter_list.map(({ name, filter }) => ({
    name,
    steps: filter.map((step): FilterStep => {
      if (step.function !== 'regex') return step;
      return {
        function: 'regex',
        regexPattern: step.regex_pattern ?? NUMBER_PATTERN,
        groupSelect: step.group_select ?? 0,
        fallback: step.fallback ?? '[invalid]',
      };
    }),
  }));
}

function buildMeta(config: TaskConfig, filters: readonly FilterSpec[], metric: string): TaskMeta {
  const language: Language | undefined = config.metadata?.language;
  const generated = (config.output_type ?? 'generate_until') === 'generate_until';
  return {
    language: language ?? null,
    category: config.metadata?.category ?? null,
    headlineMetric: config.metadata?.headline_metric ?? (generated ? `${metric},${at(filters, 0).name}` : metric),
    documents: config.metadata?.documents ?? null,
  };
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/** Seed of draws: the harness's of torch. */
const DRAW_SEED = 1234;

/** A few-shot example written in YAML as a document: the same kinds of value as in JSON. */
function toDoc(file: string, sample: Readonly<Record<string, unknown>>): Doc {
  const doc = toValue(file, sample);
  if (!isFields(doc)) throw new UserError(`${file}: fewshot_config.samples: each sample is a mapping of fields`);
  return doc;
}

function toValue(file: string, value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof PyFloat) return value;
  if (Array.isArray(value)) return value.map((item) => toValue(file, item));
  if (typeof value === 'object' && value !== undefined && Object.getPrototypeOf(value) === Object.prototype) {
    return fromEntries(Object.entries(value).map(([key, inner]) => [key, toValue(file, inner)] as const));
  }
  throw new UserError(`${file}: fewshot_config.samples: texts, numbers, booleans, null, lists and mappings only (write dates in quotes)`);
}
