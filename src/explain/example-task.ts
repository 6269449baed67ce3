import { type MetricName, metricNamed } from '../metrics/registry.js';
import type { Doc, PreparedDoc, Task, TaskMetric } from '../types.js';

/** A task with nothing in it but what scoring looks at, for worked examples. */
const BARE: Task = {
  name: 'example',
  alias: 'example',
  file: 'example.yaml',
  datasetPath: 'example',
  dataFiles: null,
  datasetName: 'default',
  trainingSplit: null,
  validationSplit: null,
  testSplit: 'test',
  fewshotSplit: null,
  processDocs: null,
  docToText: { kind: 'field', field: 'question' },
  docToTarget: { kind: 'field', field: 'answer' },
  docToChoice: null,
  description: '',
  genPrefix: null,
  targetDelimiter: ' ',
  fewshotDelimiter: '\n\n',
  fewshot: { count: 0, original: 0, seed: 1234, sampler: 'default', samples: null },
  outputType: 'multiple_choice',
  generation: { until: [], maxNewTokens: null, sampling: null },
  filters: [{ name: 'none', steps: [] }],
  metrics: [],
  bias: false,
  processResults: null,
  version: 1,
  config: {},
  meta: { language: null, category: null, headlineMetric: 'acc', documents: null },
};

/**
 * Returns a metric of a task with options as a task file has them.
 */
export function metricOf(metric: MetricName, options: Readonly<Record<string, unknown>> = {}): TaskMetric {
  return metricNamed(metric).bind(options);
}

/**
 * Returns a document to score under a task with the given fields.
 */
export function exampleDocument(
  task: Partial<Task>,
  target: number | string,
  choices: readonly string[] | null,
  doc: Doc = {},
): PreparedDoc {
  const request =
    choices === null
      ? ({ kind: 'generate', context: '', until: [], maxNewTokens: null } as const)
      : ({ kind: 'choices', context: '', continuations: choices } as const);
  const hashes = { docHash: '', promptHash: '', targetHash: '' };
  return { task: { ...BARE, ...task }, docId: 0, doc, target, choices, context: '', request, ...hashes };
}
