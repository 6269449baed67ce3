/** Tasks and documents with nothing in them but what scoring looks at. */
import { type MetricName, metricNamed } from '../../src/metrics/registry.js';
import type { Doc, PreparedDoc, Task, TaskMetric } from '../../src/types.js';

const BARE: Task = {
  name: 'made_up',
  alias: 'made_up',
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

/** Returns a metric of a task with options as a task file has them. */
export function metric(name: MetricName, options: Readonly<Record<string, unknown>> = {}): TaskMetric {
  return metricNamed(name).bind(options);
}

/** Returns a task with the given fields. */
export function taskOf(fields: Partial<Task>): Task {
  return { ...BARE, ...fields };
}

/** Returns a document to score. */
export function preparedOf(task: Task, doc: Doc, target: number | string, choices: readonly string[] | null): PreparedDoc {
  const request =
    choices === null
      ? ({ kind: 'generate', context: '', until: [], maxNewTokens: null } as const)
      : ({ kind: 'choices', context: '', continuations: choices } as const);
  return { task, docId: 0, doc, target, choices, context: '', request, docHash: '', promptHash: '', targetHash: '' };
}
