/** What a metric is, and how its file becomes something that tasks can use. */
import type { z } from 'zod';
import { at } from '../at.js';
import { UserError } from '../errors.js';
import { isObject } from '../is-object.js';
import { PyFloat } from '../python/float.js';
import type { ChoiceDocument, Estimate, MetricValue, OutputType, ScoredDocument, TaskMetric } from '../types.js';
import { show, type Topic } from './topic.js';

/** Outcomes of 0 and 1, means of values from 0 to 1, values from 0 to 100, or anything. */
export type Scale = 'right or wrong' | 'share' | 'percent' | 'number';

/** How the values of all documents become a score. */
export interface Summary<V, O> {
  aggregate(values: readonly V[], options: O): number;
  /** Null where there is none. Only asked for two values or more. */
  standardError(values: readonly V[], options: O, iterations: number): number | null;
}

type DocumentOf<K extends OutputType> = Extract<ScoredDocument, { readonly outputType: K }>;

/** Documents with the score that the reference implementation gives them. */
export interface TableRow {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly documents: readonly ScoredDocument[];
  readonly value: number;
  /** Checked where it is there; null: there is none. */
  readonly stderr?: number | null;
}

/** One file in `metrics/`: everything that is to be known of a metric. */
export interface MetricDefinition<N extends string, V extends MetricValue, O> {
  readonly name: N;
  /** The harness's word for how documents become one number. */
  readonly aggregation: string;
  readonly higherIsBetter: boolean;
  readonly scale: Scale;
  /** What a task file may say besides the name. */
  readonly options: z.ZodType<O>;
  /** The score of one document, for each output type that has one. */
  readonly scores: { readonly [K in OutputType]?: (document: DocumentOf<K>, options: O) => V };
  /** Of choices: which one the metric takes for the answer, where that is not `document.predicted`. */
  readonly choose?: (document: ChoiceDocument) => number;
  /** Whether a value read from a sample file can be one of this metric. */
  readonly isValue: (value: unknown) => value is V;
  readonly summary: Summary<V, NoInfer<O>>;
  /** The explanation; without an example of its own it shows the table. */
  readonly topic: Omit<Topic, 'name' | 'example'> & { readonly example?: () => readonly string[] };
  /** Held against the definition by a test. */
  readonly table: readonly TableRow[];
}

/** A metric as everything but its own file sees it. */
export interface Metric<N extends string = string> {
  readonly name: N;
  readonly aggregation: string;
  readonly higherIsBetter: boolean;
  readonly scale: Scale;
  readonly outputs: readonly OutputType[];
  readonly topic: Topic;
  readonly table: readonly TableRow[];
  /**
   * Returns the metric with a task's options. Throws `UserError` naming an option that it does not have, or cannot take.
   */
  bind(options: Readonly<Record<string, unknown>>, higherIsBetter?: boolean): TaskMetric;
}

/** Resamples of a bootstrapped standard error, the harness's default. */
export const BOOTSTRAP_ITERATIONS = 100_000;

const OUTPUTS: readonly OutputType[] = ['multiple_choice', 'generate_until', 'loglikelihood', 'loglikelihood_rolling'];

/**
 * Returns the metric that a definition describes. This is also how a caller of the library makes one of its own.
 */
export function defineMetric<const N extends string, V extends MetricValue, O>(definition: MetricDefinition<N, V, O>): Metric<N> {
  const { name, aggregation, higherIsBetter, scale, table } = definition;
  // Callers in JavaScript have no types that would refuse it.
  if (typeof name !== 'string' || !isObject(definition.scores) || !isObject(definition.summary) || typeof definition.isValue !== 'function')
    throw new UserError('defineMetric takes a definition with name, scores, summary and isValue (docs/library.md)');
  const metric: Metric<N> = {
    name,
    aggregation,
    higherIsBetter,
    scale,
    outputs: OUTPUTS.filter((output) => definition.scores[output] !== undefined),
    table,
    topic: { ...definition.topic, name, example: definition.topic.example ?? (() => tableLines(metric)) },
    bind: (options, higher) => bindMetric(definition, options, higher ?? higherIsBetter),
  };
  return metric;
}

function bindMetric<N extends string, V extends MetricValue, O>(
  definition: MetricDefinition<N, V, O>,
  raw: Readonly<Record<string, unknown>>,
  higherIsBetter: boolean,
): TaskMetric {
  const { name, aggregation, summary, isValue, choose } = definition;
  const parsed = definition.options.safeParse(raw);
  if (!parsed.success) throw new UserError(describeIssue(name, parsed.error.issues[0]));
  const options = parsed.data;
  return {
    metric: name,
    aggregation,
    higherIsBetter,
    score(document) {
      const value = scoreOf(definition, document, options);
      if (value === undefined) throw new UserError(`${document.where}: the metric ${name} does not fit ${document.outputType}`);
      return value;
    },
    ...(choose === undefined ? {} : { choose }),
    read(value) {
      const plain = plainOf(value);
      return isValue(plain) ? plain : null;
    },
    estimate(values, iterations = BOOTSTRAP_ITERATIONS): Estimate {
      const own = values.filter(isValue);
      if (own.length !== values.length) throw new Error(`the metric ${name} was given values of another metric`);
      const stderr = own.length > 1 && iterations > 0 ? summary.standardError(own, options, iterations) : null;
      return { value: summary.aggregate(own, options), stderr };
    },
  };
}

function scoreOf<N extends string, V extends MetricValue, O>(
  { scores }: MetricDefinition<N, V, O>,
  document: ScoredDocument,
  options: O,
): V | undefined {
  switch (document.outputType) {
    case 'multiple_choice':
      return scores.multiple_choice?.(document, options);
    case 'generate_until':
      return scores.generate_until?.(document, options);
    case 'loglikelihood':
      return scores.loglikelihood?.(document, options);
    case 'loglikelihood_rolling':
      return scores.loglikelihood_rolling?.(document, options);
  }
}

function describeIssue(name: string, issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return `${name}: its options are not valid`;
  if (issue.code === 'unrecognized_keys') return `${name} has no option '${at(issue.keys, 0)}'`;
  return `${name}: ${issue.path.map(String).join('.')}: ${issue.message.replace(/^Invalid input: /, '')}`;
}

/** Floats of a sample file as numbers. */
function plainOf(value: unknown): unknown {
  if (value instanceof PyFloat) return value.value;
  return Array.isArray(value) ? value.map(plainOf) : value;
}

/** The rows of a metric's table as lines of an explanation. */
function tableLines(metric: Metric): readonly string[] {
  return metric.table.map(({ documents, options = {} }) => {
    const bound = metric.bind(options);
    const { value } = bound.estimate(
      documents.map((document) => bound.score(document)),
      0,
    );
    const said = Object.entries(options).map(([key, option]) => `, ${key} ${JSON.stringify(option)}`);
    return `${documents.map(describeDocument).join('; ')}: ${metric.name}${said.join('')} = ${show(value)}`;
  });
}

function describeDocument(document: ScoredDocument): string {
  switch (document.outputType) {
    case 'multiple_choice': {
      const { choices, logprobs, gold } = document;
      const right = (typeof gold === 'number' ? [gold] : gold).map((index) => `"${at(choices, index)}"`);
      return `${choices.map((choice, i) => `"${choice}" ${show(at(logprobs, i))}`).join(', ')} (right: ${right.join(', ')})`;
    }
    case 'generate_until':
      return `"${document.answer}" for ${document.references.map((reference) => `"${reference}"`).join(' or ')}`;
    case 'loglikelihood':
      return `"${document.target}" log-probability ${show(document.logprob)}${document.greedy ? ', greedy' : ''}`;
    case 'loglikelihood_rolling':
      return `"${document.text}" log-probability ${show(document.logprob)}`;
  }
}
