/** Metrics by name: the built-in ones, and those that a caller adds. */
import { messageOf, UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import type { MetricValue, OutputType, ScoredDocument, TaskMetric } from '../types.js';
import * as all from './all.js';
import type { Metric } from './define.js';

/** Names of the built-in metrics. */
export type MetricName = (typeof all)[keyof typeof all]['name'];

/** Metrics by name. */
export type MetricRegistry = ReadonlyMap<string, Metric>;

/** The built-in metrics. */
export const METRICS: MetricRegistry = registryOf(Object.values(all));

function registryOf(metrics: readonly Metric[]): MetricRegistry {
  return new Map(metrics.map((metric) => [metric.name, metric]));
}

/**
 * Returns a built-in metric.
 */
export function metricNamed(name: MetricName): Metric {
  const metric = METRICS.get(name);
  if (metric === undefined) throw new Error(`no metric ${name}`);
  return metric;
}

/**
 * Returns the built-in metrics and others. Throws `UserError` for a name that is taken or that no results file could hold.
 */
export function withMetrics(own: readonly Metric[]): MetricRegistry {
  for (const [i, { name }] of own.entries()) {
    if (METRICS.has(name) || own.findIndex((other) => other.name === name) !== i)
      throw new UserError(`the metric ${name} is there already; give yours another name`);
    if (!/^[a-zA-Z0-9_@.-]+$/.test(name)) throw new UserError(`the metric '${name}': a name has letters, digits and _ @ . - only`);
  }
  return registryOf([...METRICS.values(), ...own.map(guarded)]);
}

/** A caller's metric, whose faults are told with the document where they show. */
function guarded(metric: Metric): Metric {
  return {
    ...metric,
    bind: (...settings) => {
      const bound = metric.bind(...settings);
      return {
        ...bound,
        score(document) {
          const value = scoreWith(bound, document);
          if (bound.read(value) !== null) return value;
          throw new UserError(`${document.where}: the metric ${metric.name} gave ${String(value)}, which is no value of it (isValue)`);
        },
      };
    },
  };
}

function scoreWith(metric: TaskMetric, document: ScoredDocument): MetricValue {
  try {
    return metric.score(document);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${document.where}: the metric ${metric.metric}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Returns a metric for tasks of an output type. Throws `UserError` with the metrics that they can have.
 */
export function metricFor(metrics: MetricRegistry, name: string, outputType: OutputType): Metric {
  const metric = metrics.get(name);
  if (metric?.outputs.includes(outputType)) return metric;
  const valid = [...metrics.values()].filter(({ outputs }) => outputs.includes(outputType)).map((one) => one.name);
  const what = metric === undefined ? `there is no metric '${name}'` : `${name} does not fit ${outputType}`;
  throw new UserError(`${what}; valid: ${valid.join(', ')}.${didYouMean(name, valid)}`);
}

/**
 * Tells whether documents score 0 or 1 under a metric of this name, so that a task's score is exactly their mean. Of others nothing is known.
 */
export function isRightOrWrong(name: string): boolean {
  return METRICS.get(name)?.scale === 'right or wrong';
}

const DEFAULTS: Readonly<Record<OutputType, readonly MetricName[]>> = {
  multiple_choice: ['acc', 'acc_norm'],
  generate_until: ['exact_match'],
  loglikelihood: ['perplexity', 'acc'],
  loglikelihood_rolling: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
};

/**
 * Returns the metrics of a task that names none, as in the harness.
 */
export function defaultMetrics(outputType: OutputType): readonly MetricName[] {
  return DEFAULTS[outputType];
}
