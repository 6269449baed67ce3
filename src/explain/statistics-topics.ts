import { fitStrengths, scoresOf } from '../arena/bradley-terry.js';
import { languageAverages } from '../metrics/language-average.js';
import { pooledStandardError, weightedMean } from '../metrics/pooled.js';
import { show, type Topic } from '../metrics/topic.js';
import { docHash, promptHash, targetHash, taskHasher } from '../prompts/fingerprint.js';
import { meanEstimate } from '../statistics/mean.js';
import { spearman } from '../statistics/spearman.js';
import type { Doc, ScoreTable } from '../types.js';

const PARTS = [
  { value: 0.6, size: 100 },
  { value: 0.3, size: 300 },
].map(({ value, size }) => ({ value, size, stderr: meanEstimate(answers(value * size, size)).stderr }));

function answers(right: number, of: number): number[] {
  return Array.from({ length: of }, (_, i) => (i < Math.round(right) ? 1 : 0));
}

function averageLines(): readonly string[] {
  const meta = (category: string) => ({ language: 'es', category, headlineMetric: 'acc', documents: null }) as const;
  const benchmarks = [
    { name: 'belebele_spa_Latn', meta: meta('reading comprehension'), value: 0.8 },
    { name: 'mmlu_es', meta: meta('miscellaneous knowledge'), value: 0.5 },
    { name: 'a bias benchmark', meta: meta('bias'), value: 0.9 },
  ];
  const tables = new Map(
    benchmarks.map(({ name, value }): [string, ScoreTable] => [
      name,
      { name, alias: name, estimates: { 'acc,none': { value, stderr: null } }, samples: 1 },
    ]),
  );
  const average = languageAverages(benchmarks, tables).find(({ language }) => language === 'es');
  return [
    `${benchmarks.map(({ name, value }) => `${name} ${show(value)}`).join(', ')}: average ${show(average?.value)} over ${average?.benchmarks.join(' and ')}`,
  ];
}

function fingerprintLines(): readonly string[] {
  const doc: Doc = { question: 'Zein da Euskal Herriko mendirik altuena?', answer: 1 };
  const hashes = { docHash: docHash(doc), promptHash: promptHash('Galdera: ...'), targetHash: targetHash(1) };
  const hasher = taskHasher(1);
  hasher.add(hashes);
  return [
    `doc_hash = ${hashes.docHash}`,
    `prompt_hash of "Galdera: ..." = ${hashes.promptHash}`,
    `target_hash of 1 = ${hashes.targetHash}`,
    `task of this one document: ${hasher.digest()}`,
  ];
}

/** Statistics over documents, tasks and models. */
export const statisticsTopics: readonly Topic[] = [
  {
    name: 'stderr',
    also: ['standard error', 'acc_stderr', 'se'],
    title: 'standard error of a mean',
    definition:
      'How far the score would move if other documents of the same kind had been drawn. Twice it to either side is about a 95 % interval. A single document and the bias score have none (N/A).',
    formula: ['stderr = s / sqrt(n), s^2 = sum (x_i - mean)^2 / (n - 1)'],
    source: "EleutherAI's lm-evaluation-harness 0.4.8",
    example: () => {
      const { value, stderr } = meanEstimate(answers(60, 100));
      return [`60 of 100 right: ${show(value)} with standard error ${show(stderr)}`];
    },
  },
  {
    name: 'group mean',
    also: ['group', 'groups', 'weight_by_size', 'pooled', 'pooled standard error', 'group score'],
    title: 'score of a group of tasks (bbq, basqbbq, eus_exams_eu and its parts)',
    definition:
      'The mean of the tasks weighted by their documents, which for accuracy is the accuracy over all documents together. The standard error is the pooled one: it does not see how far tasks differ among each other. A group with tasks missing is said to be partial.',
    formula: ['mean = sum n_t * score_t / N', 'stderr = sqrt( sum (n_t - 1) * stderr_t^2 * n_t / (N - k) / N ), N documents in k tasks'],
    source: "EleutherAI's lm-evaluation-harness 0.4.8 (pooled variance)",
    example: () => [
      ...PARTS.map(({ value, size, stderr }) => `task of ${size} documents: ${show(value)}, standard error ${show(stderr)}`),
      `group: ${show(weightedMean(PARTS, true))}, standard error ${show(pooledStandardError(PARTS))}`,
    ],
  },
  {
    name: 'language average',
    also: ['language', 'category', 'average', 'average_eu', 'average_en', 'average_es', 'averages'],
    title: "a model's average in a language",
    definition:
      "The plain mean of the headline scores over the language's benchmarks without the bias benchmark: 14 in Basque, 9 in English, 4 in Spanish. Averages over different sets of benchmarks cannot be compared. (The paper's table prints its English average with the accuracy of bbq as a tenth value; see docs/metrics.md.)",
    formula: ['average = sum of headline scores / number of benchmarks'],
    source: 'the paper',
    example: averageLines,
  },
  {
    name: 'prompts fingerprint',
    also: ['fingerprint', 'task_hashes', 'prompt_hash', 'doc_hash', 'target_hash', 'task hash'],
    title: "fingerprint of a task: whether its prompts are the paper's",
    definition:
      'A digest of every document, prompt and target of a task in order. Equal fingerprints mean equal prompts, letter for letter. A run over a part of the documents has none to compare with.',
    formula: [
      'doc_hash = sha256 of the document as JSON (indent 2), prompt_hash = sha256 of the prompt, target_hash = sha256 of the target',
      'fingerprint = sha256 of all doc_hash + prompt_hash + target_hash, one after the other; once for each filter',
    ],
    source: "the task_hashes of EleutherAI's lm-evaluation-harness 0.4.8",
    example: fingerprintLines,
  },
  {
    name: 'arena score',
    also: ['arena', 'bradley-terry', 'elo', 'score'],
    title: 'arena score of a model',
    definition:
      'The strength that makes the votes of people most probable, when the chance that one model beats another depends on the ratio of their strengths only. A tie is half a win for each side. The mean of all models is 1000; 400 points are a factor of ten in strength.',
    formula: ['P(a beats b) = s_a / (s_a + s_b)', 'score = 1000 + 400 * log10(s), centred at 1000'],
    source: 'Bradley and Terry 1952, as the paper uses it',
    example: () => {
      const scores = scoresOf(fitStrengths(2, [{ a: 0, b: 1, winsA: 6, winsB: 2, ties: 2 }]));
      return [`A wins 6, B wins 2, 2 ties (7 : 3): A ${show(scores[0])}, B ${show(scores[1])}`];
    },
  },
  {
    name: 'spearman',
    also: ['arena correlation', 'rho', 'correlation'],
    title: "Spearman's rank correlation of arena and benchmarks",
    definition:
      'The correlation of the ranks that two lists give to the same models; equal values share their mean rank. 1: the same order, -1: the reverse.',
    formula: ['rho = Pearson correlation of the ranks'],
    source: 'the paper',
    example: () => [`arena 1100, 1000, 900 and averages 60, 62, 50: rho = ${show(spearman([1100, 1000, 900], [60, 62, 50])?.rho)}`],
  },
  {
    name: 'unscored',
    also: ['errors', 'failures', 'unparsable'],
    title: 'documents without a score',
    definition:
      'A request that failed (no answer, a refusal by a filter, a score that is no number) is unscored: it counts in no score, is listed with its reason, and above --max-error-rate the benchmark has no score at all. An API answer that names no letter is scored as wrong, as in the paper, and counted as unparsable.',
    formula: ['score = mean over scored documents; scored + unscored = evaluated'],
    source: 'this program; the harness would stop or score such documents as wrong',
    example: () => {
      const { value } = meanEstimate(answers(60, 99));
      return [`100 documents, 60 right, 1 request failed: ${show(value)} over 99`];
    },
  },
];
