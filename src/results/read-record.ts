/** Records of Every Eval Ever read as results: those of `publish`, and those that its converter makes of the harness's files. */
import { UserError } from '../errors.js';
import { FieldReader, type Fields, fieldsAt, numberOrNull, objectAt, readerOf, textOrNull } from './fields.js';
import { MODEL_VARIANTS } from './model-identity.js';
import { familyNamed, type ResultFile, readResultContent, resultFileOf } from './read.js';
import { partsOfKey, stderrKey } from './score-key.js';

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
    const record = new FieldReader(objectAt(content, 'the record'));
    const result = resultFileOf(resultsOf(record), file);
    const setting = settingOf(record);
    return {
      ...result,
      // The template itself is in no record.
      chatTemplateSha: textOrNull(setting.chat_template_sha256),
      variation: textOrNull(setting.variation) ?? '',
      family: familyNamed(setting.prompt) ?? result.family,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw error.message.startsWith(file) ? error : new UserError(`${file}: ${error.message}`);
  }
}

/** The record in the form of a results file, so that it is checked as one. */
function resultsOf(record: FieldReader): Fields {
  const version = record.statedText('schema_version');
  if (!/^0\.[23]\./.test(version)) throw new UserError(`schema_version: ${version}; records of 0.2 and 0.3 are read`);
  const model = record.stated('model_info');
  const details = fieldsAt(model.value('additional_details'));
  const library = record.stated('eval_library');
  const results = record.value('evaluation_results');
  if (!Array.isArray(results)) throw new UserError('evaluation_results: expected a list');
  const tasks = new Map<string, Task>();
  for (const [i, item] of results.entries()) addScore(tasks, readerOf(item, `evaluation_results[${i}]`));
  const each = <T>(of: (task: Task) => T | null) =>
    Object.fromEntries([...tasks].flatMap(([name, task]) => (of(task) === null ? [] : [[name, of(task)] as const])));
  const setting = settingOf(record);
  const date = Number(record.value('evaluation_timestamp') ?? record.value('retrieved_timestamp'));
  if (!Number.isFinite(date)) throw new UserError('evaluation_timestamp: expected seconds since 1970');
  return {
    results: each(({ scores }) => scores),
    group_subtasks: each(({ subtasks }) => subtasks),
    versions: each(({ details: one }) => one.version ?? null),
    'n-shot': each(({ setting: one }) => numberOrNull(one.num_fewshot)),
    'n-samples': each(({ details: one, documents }) => {
      const effective = numberOrNull(one.documents) ?? documents;
      return effective === null ? null : { original: numberOrNull(one.documents_of_the_task), effective };
    }),
    task_hashes: each(({ details: one }) => one.fingerprint ?? null),
    higher_is_better: each(({ higher }) => higher),
    configs: each(({ facts }) => facts),
    config: {
      limit: numberOrNull(setting.limit),
      model_num_parameters: numberOrNull(details.num_parameters),
      model_args: Object.fromEntries(MODEL_VARIANTS.flatMap((name) => (typeof details[name] === 'string' ? [[name, details[name]]] : []))),
    },
    date,
    model_name: model.statedText('id'),
    model_source: 'record',
    model_identity: textOrNull(details.model_identity),
    system_instruction: setting.system_instruction ?? null,
    fewshot_as_multiturn: setting.fewshot_as_multiturn === 'true',
    ...(library.value('name') === 'eus-eval'
      ? {
          eus_eval: {
            version: library.statedText('version'),
            prompt: setting.prompt ?? null,
            remark: fieldsAt(fieldsAt(record.value('source_metadata')).additional_details).remark ?? null,
            about: each(({ details: one }) => aboutOf(one)),
            tasks: each(({ details: one }) => ({ prompts: one.prompts_of_the_paper ?? null, scored: numberOrNull(one.scored) })),
          },
        }
      : {}),
  };
}

/** The settings of a run, which all its scores name alike. */
function settingOf(record: FieldReader): Fields {
  const results = record.value('evaluation_results');
  return settingsIn(fieldsAt(Array.isArray(results) ? results[0] : null));
}

function settingsIn(result: Fields): Fields {
  return fieldsAt(fieldsAt(result.generation_config).additional_details);
}

function aboutOf({ headline_metric, language, category }: Fields): Fields {
  return { headline_metric, language, category };
}

interface Task {
  readonly scores: Record<string, unknown>;
  readonly higher: Record<string, boolean>;
  readonly subtasks: readonly string[];
  readonly details: Fields;
  readonly setting: Fields;
  readonly documents: number | null;
  readonly facts: Fields;
}

function addScore(tasks: Map<string, Task>, result: FieldReader): void {
  const evaluation = result.statedText('evaluation_name');
  const score = result.stated('score_details');
  const details = fieldsAt(score.value('details'));
  const config = result.stated('metric_config');
  const key = typeof details.key === 'string' && details.key.includes(',') ? details.key : keyOf(evaluation, config);
  const [metric, filter] = partsOfKey(key);
  const name = filter !== 'none' && evaluation.endsWith(`/${filter}`) ? evaluation.slice(0, -filter.length - 1) : evaluation;
  const uncertainty = fieldsAt(score.value('uncertainty'));
  const task = tasks.get(name) ?? {
    scores: { alias: name },
    higher: {},
    subtasks: subtasksOf(details.subtasks, `${score.path}details.subtasks`),
    details,
    setting: settingsIn(result.fields),
    documents: numberOrNull(uncertainty.num_samples),
    facts: factsOf(result.fields, details),
  };
  tasks.set(name, task);
  task.scores[key] = score.value('score');
  task.scores[stderrKey(key)] = fieldsAt(uncertainty.standard_error).value ?? 'N/A';
  const lower = config.value('lower_is_better');
  if (typeof lower !== 'boolean') throw new UserError(`${config.path}lower_is_better: expected true or false`);
  task.higher[metric] = !lower;
}

/** Records of other programs: the converter for the harness writes `acc` or `exact_match (filter: strict-match)` as a description. */
function keyOf(evaluation: string, config: FieldReader): string {
  const described = textOrNull(config.value('evaluation_description')) ?? '';
  const match = /^([\w@.-]+)(?: \(filter: (.+)\))?$/.exec(described);
  const metric = match?.[1] ?? textOrNull(config.value('metric_name'));
  if (metric === null || metric.includes(',')) throw new UserError(`${config.path}metric_name: ${evaluation} names no metric`);
  return `${metric},${match?.[2] ?? 'none'}`;
}

function factsOf(result: Fields, details: Fields): Fields {
  const source = fieldsAt(result.source_data);
  return {
    dataset_path: textOrNull(source.hf_repo),
    dataset_name: fieldsAt(source.additional_details).configuration ?? null,
    test_split: textOrNull(source.hf_split),
    output_type: settingsIn(result).output_type ?? null,
    metadata: aboutOf(details),
  };
}

function subtasksOf(value: unknown, field: string): readonly string[] {
  if (value === undefined) return [];
  try {
    const names: unknown = JSON.parse(textOrNull(value) ?? '');
    if (Array.isArray(names) && names.every((name): name is string => typeof name === 'string')) return names;
  } catch {
    // Said below.
  }
  throw new UserError(`${field}: expected a JSON list of names`);
}
