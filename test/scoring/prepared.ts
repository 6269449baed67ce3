import type { Doc, MetricName, PreparedDoc, Task } from '../../src/types.js';

/** Returns a task with nothing in it but what scoring looks at. */
export function taskOf(fields: Partial<Task>): Task {
  return {
    name: 'made_up',
    alias: 'made_up',
    file: 'made_up.yaml',
    datasetPath: 'made/up',
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
    ...fields,
  };
}

/** Returns the entry of a metric in a task, with no options. */
export function metric(name: MetricName, more: Partial<Task['metrics'][number]> = {}): Task['metrics'][number] {
  return {
    metric: name,
    aggregation: name === 'bias' ? 'bias' : 'mean',
    higherIsBetter: true,
    ignoreCase: false,
    ignorePunctuation: false,
    regexesToIgnore: [],
    ...more,
  };
}

/** Returns a document to score. */
export function preparedOf(task: Task, doc: Doc, target: number | string, choices: readonly string[] | null): PreparedDoc {
  const request =
    choices === null
      ? ({ kind: 'generate', context: '', until: [], maxNewTokens: null } as const)
      : ({ kind: 'choices', context: '', continuations: choices } as const);
  return { task, docId: 0, doc, target, choices, context: '', request, docHash: '', promptHash: '', targetHash: '' };
}
