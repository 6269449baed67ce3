/** The metrics of a task file, looked up and given their options. */
import { messageOf, UserError } from '../errors.js';
import type { Aggregation, HookFunctions, Hooks } from '../hooks/hook.js';
import { resultsOf } from '../hooks/hook.js';
import { defaultMetrics, type MetricRegistry, metricFor } from '../metrics/registry.js';
import { isNumber } from '../metrics/summaries.js';
import { meanEstimate } from '../statistics/mean.js';
import type { MetricValue, OutputType, ScoredDocument, TaskMetric } from '../types.js';
import { HOOK_PREFIX, type HookContext, resolveHook, type TaskConfig } from './schema.js';

type Entry = NonNullable<TaskConfig['metric_list']>[number];
type ResultHook = HookFunctions['process_results'];

/** What names in a task file can stand for. */
export interface Vocabulary {
  readonly metrics: MetricRegistry;
  readonly hooks: Hooks;
  /** A hook that is not there is an error where it is called, and none where a task is only described. */
  readonly lateHooks?: boolean;
}

/**
 * Returns the metrics of a task: those that it lists, else the harness's for its output type. `scores` is the hook that scores its documents, or null.
 * Throws `UserError` naming file and entry where one is unknown, does not fit the output type or cannot take its options.
 */
export function buildMetrics(
  context: HookContext,
  config: TaskConfig,
  outputType: OutputType,
  vocabulary: Vocabulary,
  scores: ResultHook | null,
): readonly TaskMetric[] {
  const entries: readonly Entry[] = config.metric_list ?? defaultMetrics(outputType).map((metric) => ({ metric }));
  const once = scores === null ? null : oncePerDocument(scores);
  return entries.map((entry, i) => {
    const aggregation = aggregationOf(context, `metric_list.${i}.aggregation`, entry);
    try {
      const metric =
        once === null ? plainMetric(entry, outputType, vocabulary, aggregation) : hookedMetric(entry, vocabulary, aggregation, once);
      return aggregation !== null && 'call' in aggregation ? aggregatedBy(metric, entry.aggregation ?? '', aggregation.call) : metric;
    } catch (error) {
      throw error instanceof UserError ? new UserError(`${context.file}: metric_list: ${error.message}`) : error;
    }
  });
}

/** What a hook in place of an aggregation stands for; null where the metric's own is meant. */
function aggregationOf(context: HookContext, where: string, { aggregation }: Entry): Aggregation | null {
  if (aggregation === undefined || !aggregation.startsWith(HOOK_PREFIX)) return null;
  return resolveHook(context, where, 'aggregation', aggregation);
}

function plainMetric(entry: Entry, outputType: OutputType, { metrics }: Vocabulary, by: Aggregation | null): TaskMetric {
  const { metric: name, aggregation, higher_is_better: higher, hf_evaluate: _, ...options } = entry;
  const metric = metricFor(metrics, name, outputType);
  if (by !== null && 'metric' in by && by.metric !== name) throw new UserError(`${name}: ${aggregation} goes with the metric ${by.metric}`);
  if (by === null && aggregation !== undefined && aggregation !== metric.aggregation)
    throw new UserError(`${name}: aggregation: '${aggregation}' is not valid; valid: ${metric.aggregation}`);
  return metric.bind(by !== null && 'options' in by ? { ...by.options, ...options } : options, higher);
}

/** A metric whose documents a hook scores; `mean` unless the task file says otherwise. */
function hookedMetric(
  entry: Entry,
  { metrics }: Vocabulary,
  by: Aggregation | null,
  score: (document: ScoredDocument) => Readonly<Record<string, unknown>>,
): TaskMetric {
  const { metric: name, aggregation, higher_is_better: higher, hf_evaluate: _, ...options } = entry;
  const known = metrics.get(name);
  const own = aggregation !== undefined && aggregation !== 'mean' && by === null;
  if (own && aggregation !== known?.aggregation)
    throw new UserError(
      `${name}: aggregation: '${aggregation}' is not valid; valid: mean${known === undefined ? '' : `, ${known.aggregation}`}`,
    );
  const base = own && known !== undefined ? known.bind(options, higher) : meanOf(name, higher ?? known?.higherIsBetter ?? true);
  return {
    ...base,
    score(document) {
      const found = score(document)[name];
      const value = base.read(typeof found === 'boolean' ? Number(found) : found);
      if (value === null) throw new UserError(`${document.where}: process_results gave no ${name} that can be aggregated`);
      return value;
    },
  };
}

function meanOf(metric: string, higherIsBetter: boolean): TaskMetric {
  return {
    metric,
    aggregation: 'mean',
    higherIsBetter,
    score: ({ where }) => {
      throw new Error(`${where}: ${metric} has no score of its own`);
    },
    read: (value) => (isNumber(Number(value)) && typeof value !== 'string' ? Number(value) : null),
    estimate: (values) => meanEstimate(values.filter(isNumber)),
  };
}

/** The score of a whole task by a function of the user's own; it has no standard error, as in the harness. */
function aggregatedBy(metric: TaskMetric, aggregation: string, call: (values: readonly MetricValue[]) => number): TaskMetric {
  return { ...metric, aggregation, estimate: (values) => ({ value: call(values), stderr: null }) };
}

/** Several metrics of one document come from one call. */
function oncePerDocument(scores: ResultHook): (document: ScoredDocument) => Readonly<Record<string, unknown>> {
  const known = new WeakMap<ScoredDocument, Readonly<Record<string, unknown>>>();
  return (document) => {
    const found = known.get(document);
    if (found !== undefined) return found;
    try {
      const fresh = scores(document.doc, resultsOf(document));
      known.set(document, fresh);
      return fresh;
    } catch (error) {
      throw new UserError(`${document.where}, process_results: ${messageOf(error)}`);
    }
  };
}
