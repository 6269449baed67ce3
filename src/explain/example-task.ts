import type { Doc, MetricName, MetricSpec, PreparedDoc, Task } from '../types.js';

/** A task with nothing in it but what scoring looks at, for worked examples. */
const BARE: Task = {
  name: 'example',
  alias: 'example',
  file: 'example.yaml',
  datasetPath: 'example',
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
  fewshot: { count: 0, sampler: 'default', samples: null },
  outputType: 'multiple_choice',
  generation: { until: [], maxNewTokens: null },
  filters: [{ name: 'none', steps: [] }],
  metrics: [],
  bias: false,
  version: 1,
  config: {},
  meta: { language: null, category: null, headlineMetric: 'acc', documents: null },
};

/**
 * Returns a metric of a task with no options but the given ones.
 */
export function metricSpec(metric: MetricName, options: Partial<MetricSpec> = {}): MetricSpec {
  const aggregation = metric === 'bias' ? 'bias' : 'mean';
  return { metric, aggregation, higherIsBetter: true, ignoreCase: false, ignorePunctuation: false, regexesToIgnore: [], ...options };
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
