/**
 * Records of Every Eval Ever, schema 0.3.0: one for each results file. Field by field as the published schema says
 * (github.com/evaleval/every_eval_ever, `every_eval_ever/schemas/eval.schema.json`); what a results file does not say is left out.
 */
import type { Scale } from '../metrics/define.js';
import { METRICS, type MetricName } from '../metrics/registry.js';
import type { ResultFile, TaskFacts, TaskResult } from '../results/read.js';
import { partsOfKey } from '../results/score-key.js';
import type { Estimate } from '../types.js';
import { modelInfoOf } from './model-info.js';
import { evaluationIdOf, isPublicName, publicText } from './names.js';

export const SCHEMA_VERSION = '0.3.0';

/** The schema's words for who evaluated whose model. */
export const RELATIONSHIPS = ['first_party', 'third_party', 'collaborative', 'other'] as const;
type Relationship = (typeof RELATIONSHIPS)[number];

/** What no results file says, and only its owner knows. */
export interface Publisher {
  /** Who publishes the results; null where nobody said. */
  readonly organization: string | null;
  /** The publisher's relation to the models; null where nobody said. */
  readonly relationship: Relationship | null;
}

/** Additional facts: the schema takes texts only. */
type Details = Readonly<Record<string, string>>;

/** The schema's word for a side without a bound is a text, for JSON has no infinity. */
type Bound = number | 'Infinity';
type Bounds = readonly [Bound, Bound];

const SCALES: Readonly<Record<Exclude<Scale, 'number'>, readonly [unit: string, bounds: Bounds]>> = {
  'right or wrong': ['proportion', [0, 1]],
  share: ['proportion', [0, 1]],
  percent: ['points', [0, 100]],
};

/** The least and the greatest value of metrics that are no shares. */
const NUMBERS: ReadonlyMap<string, Bounds> = new Map<MetricName, Bounds>([
  ['bias', [-100, 100]],
  ['mcc', [-1, 1]],
  ['brier_score', [0, 2]],
  ['ter', [0, 'Infinity']],
  ['perplexity', [1, 'Infinity']],
  ['word_perplexity', [1, 'Infinity']],
  ['byte_perplexity', [1, 'Infinity']],
  ['bits_per_byte', [0, 'Infinity']],
  ['bits_per_character', [0, 'Infinity']],
]);

/**
 * Returns the record of a results file, and notes on scores that cannot be in it (no finite number, or a metric whose direction nobody knows).
 * `modelId` is what the model is called there; `now` is in seconds since 1970.
 */
export function recordOf(file: ResultFile, modelId: string, publisher: Publisher, now: number) {
  const notes: string[] = [];
  const results = [...file.tasks.values()].flatMap((task) =>
    [...task.estimates].flatMap(([key, estimate]) => {
      const result = resultOf(file, task, key, estimate);
      if (typeof result !== 'string') return [result];
      notes.push(`${task.name}: ${key} is left out: ${result}`);
      return [];
    }),
  );
  const own = file.eusEvalVersion !== null;
  const record = {
    schema_version: SCHEMA_VERSION,
    evaluation_id: evaluationIdOf(file, modelId),
    evaluation_timestamp: String(file.date),
    retrieved_timestamp: String(Math.floor(now)),
    source_metadata: {
      source_name: own ? 'eus-eval' : 'lm-evaluation-harness',
      source_type: 'evaluation_run',
      source_organization_name: publisher.organization ?? 'unknown',
      evaluator_relationship: publisher.relationship ?? 'other',
      ...detailsOf({
        // The schema has no word for "not stated" here.
        evaluator_relationship: publisher.relationship === null ? 'not stated' : null,
        remark: file.remark === null ? null : publicText(file.remark),
      }),
    },
    eval_library: { name: own ? 'eus-eval' : 'lm_eval', version: file.eusEvalVersion ?? 'unknown' },
    model_info: modelInfoOf(file, modelId),
    evaluation_results: results,
  };
  return { record, notes };
}

/** A record, without the reference to its samples. */
export type EvaluationRecord = ReturnType<typeof recordOf>['record'];

/** One score, or why it cannot be published; samples refer to it by its id, `TASK:METRIC,FILTER`. */
function resultOf(file: ResultFile, task: TaskResult, key: string, estimate: Estimate) {
  const [metric, filter] = partsOfKey(key);
  if (!Number.isFinite(estimate.value)) return `its value is ${estimate.value}`;
  const higherIsBetter = task.higherIsBetter.get(metric) ?? METRICS.get(metric)?.higherIsBetter;
  if (higherIsBetter === undefined) return 'the file does not say whether higher is better';
  const documents = task.own?.scored ?? task.samples?.effective ?? null;
  return {
    evaluation_result_id: `${task.name}:${key}`,
    evaluation_name: filter === 'none' ? task.name : `${task.name}/${filter}`,
    source_data: sourceOf(task),
    evaluation_timestamp: String(file.date),
    metric_config: { ...metricOf(metric), lower_is_better: !higherIsBetter },
    score_details: {
      score: estimate.value,
      details: {
        key,
        level: task.isGroup ? 'group' : 'task',
        ...stated({
          subtasks: task.isGroup ? JSON.stringify(partsOf(task.name, file)) : null,
          version: task.version,
          documents: task.samples?.effective,
          documents_of_the_task: task.samples?.original,
          scored: task.own?.scored,
          fingerprint: task.hash,
          prompts_of_the_paper: task.own?.prompts,
          headline_metric: task.about.headlineMetric,
          language: task.about.language,
          category: task.about.category,
        }),
      },
      ...(estimate.stderr === null && documents === null
        ? {}
        : {
            uncertainty: {
              ...(estimate.stderr === null ? {} : { standard_error: { value: estimate.stderr } }),
              ...(documents === null ? {} : { num_samples: documents }),
            },
          }),
    },
    generation_config: {
      ...(file.eusEvalVersion !== null && task.facts?.outputType === 'generate_until'
        ? { generation_args: generationArgsOf(task.facts.sampling) }
        : {}),
      additional_details: {
        prompt: file.family,
        ...stated({
          num_fewshot: task.nShot,
          variation: file.variation === '' ? null : file.variation,
          output_type: task.facts?.outputType,
          limit: file.limit,
          chat_template_sha256: file.chatTemplateSha,
          system_instruction: file.systemInstruction,
          fewshot_as_multiturn: file.family === 'plain' ? null : file.fewshotAsMultiturn,
        }),
      },
    },
  };
}

/** Of our own runs: greedy where the task's file does not say that answers are drawn. */
function generationArgsOf({ temperature, topP, topK }: TaskFacts['sampling']) {
  if (temperature === 0) return { temperature };
  return { temperature, ...(topP === null ? {} : { top_p: topP }), ...(topK === null ? {} : { top_k: topK }) };
}

/** What a group is made of; groups below it that have no score of their own are replaced by their parts, for they are in no record. */
function partsOf(group: string, file: ResultFile, above: readonly string[] = []): string[] {
  return (file.groupSubtasks.get(group) ?? []).flatMap((name) => {
    if (above.includes(name)) return [];
    const scored = (file.tasks.get(name)?.estimates.size ?? 0) > 0;
    return scored ? [name] : partsOf(name, file, [...above, group]);
  });
}

function metricOf(metric: string) {
  const names = { metric_id: metric === 'acc' ? 'accuracy' : metric, metric_name: metric };
  const scale = METRICS.get(metric)?.scale ?? 'number';
  const [unit, bounds] = scale === 'number' ? [undefined, NUMBERS.get(metric)] : SCALES[scale];
  // Nobody knows the bounds of a stranger's metric.
  if (bounds === undefined) return { ...names, additional_details: { bounds_status: 'unknown' } };
  const [min_score, max_score] = bounds;
  return { ...names, ...(unit === undefined ? {} : { metric_unit: unit }), score_type: 'continuous', min_score, max_score };
}

/** The data set on the hub, or the task's own name where its data lie elsewhere. */
function sourceOf({ name, facts, samples }: TaskResult): Readonly<Record<string, unknown>> {
  const { datasetPath = null, datasetName = null, testSplit = null } = facts ?? {};
  if (datasetPath === null || !isPublicName(datasetPath)) return { dataset_name: name, source_type: 'other' };
  return {
    dataset_name: name,
    source_type: 'hf_dataset',
    hf_repo: datasetPath,
    ...(testSplit === null ? {} : { hf_split: testSplit }),
    ...(samples?.original == null ? {} : { samples_number: samples.original }),
    ...detailsOf({ configuration: datasetName }),
  };
}

/** The facts that are known, as texts. */
function stated(facts: Readonly<Record<string, string | number | boolean | null | undefined>>): Details {
  return Object.fromEntries(Object.entries(facts).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]])));
}

function detailsOf(facts: Readonly<Record<string, string | null>>): { readonly additional_details?: Details } {
  const details = stated(facts);
  return Object.keys(details).length === 0 ? {} : { additional_details: details };
}
