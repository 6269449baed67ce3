/** Records of Every Eval Ever read as results: those of `publish`, and those that its converter makes of the harness's files. */
import { UserError } from '../errors.js';
import type { PromptFamily } from '../types.js';
import { type ResultFile, readResultContent, resultFileOf } from './read.js';

type Fields = Readonly<Record<string, unknown>>;

const FAMILIES: readonly PromptFamily[] = ['plain', 'chat', 'api'];

/**
 * Tells whether a file of this name may be a record: a UUID and `.json`.
 */
export function isRecordName(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.json$/i.test(name);
}

/**
 * Reads one record of schema 0.3 as a results file. Throws `UserError` naming file and field when it cannot be read, or lacks what a result needs.
 */
export async function readRecord(file: string): Promise<ResultFile> {
  const content = await readResultContent(file);
  try {
    const record = object(content, 'the record');
    const result = resultFileOf(resultsOf(record), file);
    const setting = settingOf(record);
    const template = setting.chat_template_sha256;
    return {
      ...result,
      // The template itself is in no record.
      chatTemplateSha: typeof template === 'string' ? template : null,
      variation: typeof setting.variation === 'string' ? setting.variation : '',
      family: FAMILIES.find((family) => family === setting.prompt) ?? result.family,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw error.message.startsWith(file) ? error : new UserError(`${file}: ${error.message}`);
  }
}

/** The record in the form of a results file, so that it is checked as one. */
function resultsOf(record: Fields): Fields {
  const version = text(record.schema_version, 'schema_version');
  if (!/^0\.[23]\./.test(version)) throw new UserError(`schema_version: ${version}; records of 0.2 and 0.3 are read`);
  const model = object(record.model_info, 'model_info');
  const details = fieldsAt(model.additional_details);
  const library = object(record.eval_library, 'eval_library');
  const own = library.name === 'eus-eval';
  const results = record.evaluation_results;
  if (!Array.isArray(results)) throw new UserError('evaluation_results: expected a list');
  const tasks = new Map<string, Task>();
  for (const [i, item] of results.entries()) addScore(tasks, object(item, `evaluation_results[${i}]`), `evaluation_results[${i}]`);
  const each = <T>(of: (task: Task) => T | null) =>
    Object.fromEntries([...tasks].flatMap(([name, task]) => (of(task) === null ? [] : [[name, of(task)] as const])));
  const setting = settingOf(record);
  const modelId = text(model.id, 'model_info.id');
  const date = Number(record.evaluation_timestamp ?? record.retrieved_timestamp);
  if (!Number.isFinite(date)) throw new UserError('evaluation_timestamp: expected seconds since 1970');
  return {
    results: each(({ scores }) => scores),
    group_subtasks: each(({ subtasks }) => subtasks),
    versions: each(({ details: one }) => one.version ?? null),
    'n-shot': each(({ setting: one }) => numberOf(one.num_fewshot)),
    'n-samples': each(({ details: one, documents }) => {
      const effective = numberOf(one.documents) ?? documents;
      return effective === null ? null : { original: numberOf(one.documents_of_the_task), effective };
    }),
    task_hashes: each(({ details: one }) => one.fingerprint ?? null),
    higher_is_better: each(({ higher }) => higher),
    configs: each(({ facts }) => facts),
    config: {
      limit: numberOf(setting.limit),
      model_num_parameters: numberOf(details.num_parameters),
      model_args: Object.fromEntries(VARIANTS.flatMap((name) => (typeof details[name] === 'string' ? [[name, details[name]]] : []))),
    },
    date,
    model_name: modelId,
    model_source: 'record',
    model_identity: typeof details.model_identity === 'string' ? details.model_identity : null,
    system_instruction: setting.system_instruction ?? null,
    fewshot_as_multiturn: setting.fewshot_as_multiturn === 'true',
    ...(own
      ? {
          eus_eval: {
            version: text(library.version, 'eval_library.version'),
            prompt: setting.prompt ?? null,
            remark: fieldsAt(fieldsAt(record.source_metadata).additional_details).remark ?? null,
            about: each(({ details: one }) => ({ headline_metric: one.headline_metric, language: one.language, category: one.category })),
            tasks: each(({ details: one }) => ({ prompts: one.prompts_of_the_paper ?? null, scored: numberOf(one.scored) })),
          },
        }
      : {}),
  };
}

/** The settings of a run, which all its scores name alike. */
function settingOf(record: Fields): Fields {
  const [first] = Array.isArray(record.evaluation_results) ? record.evaluation_results : [];
  return fieldsAt(fieldsAt(fieldsAt(first).generation_config).additional_details);
}

/** Details of a model that make another one of its name. */
const VARIANTS = ['revision', 'peft', 'delta', 'subfolder', 'gguf_file', 'load_in_4bit', 'load_in_8bit'] as const;

interface Task {
  readonly scores: Record<string, unknown>;
  readonly higher: Record<string, boolean>;
  readonly subtasks: readonly string[];
  readonly details: Fields;
  readonly setting: Fields;
  readonly documents: number | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

function addScore(tasks: Map<string, Task>, result: Fields, at: string): void {
  const evaluation = text(result.evaluation_name, `${at}.evaluation_name`);
  const score = object(result.score_details, `${at}.score_details`);
  const details = fieldsAt(score.details);
  const config = object(result.metric_config, `${at}.metric_config`);
  const key = typeof details.key === 'string' && details.key.includes(',') ? details.key : keyOf(evaluation, config, at);
  const filter = key.slice(key.indexOf(',') + 1);
  const metric = key.slice(0, key.indexOf(','));
  const name = filter !== 'none' && evaluation.endsWith(`/${filter}`) ? evaluation.slice(0, -filter.length - 1) : evaluation;
  const uncertainty = fieldsAt(score.uncertainty);
  const task = tasks.get(name) ?? {
    scores: { alias: name },
    higher: {},
    subtasks: subtasksOf(details.subtasks, `${at}.score_details.details.subtasks`),
    details,
    setting: fieldsAt(fieldsAt(result.generation_config).additional_details),
    documents: numberOf(uncertainty.num_samples),
    facts: factsOf(result, details),
  };
  tasks.set(name, task);
  task.scores[key] = score.score;
  task.scores[`${metric}_stderr,${filter}`] = fieldsAt(uncertainty.standard_error).value ?? 'N/A';
  if (typeof config.lower_is_better !== 'boolean') throw new UserError(`${at}.metric_config.lower_is_better: expected true or false`);
  task.higher[metric] = !config.lower_is_better;
}

/** Records of other programs: the converter for the harness writes `acc` or `exact_match (filter: strict-match)` as a description. */
function keyOf(evaluation: string, config: Fields, at: string): string {
  const described = typeof config.evaluation_description === 'string' ? config.evaluation_description : '';
  const match = /^([\w@.-]+)(?: \(filter: (.+)\))?$/.exec(described);
  const metric = match?.[1] ?? (typeof config.metric_name === 'string' ? config.metric_name : null);
  if (metric === null || metric.includes(',')) throw new UserError(`${at}: ${evaluation} names no metric (metric_config.metric_name)`);
  return `${metric},${match?.[2] ?? 'none'}`;
}

function factsOf(result: Fields, details: Fields): Readonly<Record<string, unknown>> {
  const source = fieldsAt(result.source_data);
  const setting = fieldsAt(fieldsAt(result.generation_config).additional_details);
  return {
    dataset_path: typeof source.hf_repo === 'string' ? source.hf_repo : null,
    dataset_name: fieldsAt(source.additional_details).configuration ?? null,
    test_split: typeof source.hf_split === 'string' ? source.hf_split : null,
    output_type: setting.output_type ?? null,
    metadata: { headline_metric: details.headline_metric, language: details.language, category: details.category },
  };
}

function subtasksOf(value: unknown, field: string): readonly string[] {
  if (value === undefined) return [];
  try {
    const names: unknown = JSON.parse(text(value, field));
    if (Array.isArray(names) && names.every((name): name is string => typeof name === 'string')) return names;
  } catch {
    // Said below.
  }
  throw new UserError(`${field}: expected a JSON list of names`);
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function fieldsAt(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function object(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UserError(`${field}: expected an object`);
  return { ...value };
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new UserError(`${field}: expected a text`);
  return value;
}
