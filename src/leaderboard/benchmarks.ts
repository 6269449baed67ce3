/** The columns of the leaderboard: the built-in benchmarks, with what the page says of them. */
import { UserError } from '../errors.js';
import { METRICS } from '../metrics/registry.js';
import { leavesOf } from '../task-tree.js';
import type { Group, Language, Task } from '../types.js';

export const LANGUAGES: readonly Language[] = ['eu', 'en', 'es'];
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { eu: 'Basque', en: 'English', es: 'Spanish' };
/** The category that language averages leave out. */
export const BIAS = 'bias';

/** One column. */
export interface Benchmark {
  /** Name as in the task files, e.g. `belebele_eus_Latn`. */
  readonly name: string;
  readonly language: Language;
  readonly category: string;
  /** Key of the headline number in result files, e.g. `acc,none`. */
  readonly metricKey: string;
  /** A benchmark of the user's own: it has a column, and is in no average of the paper's. */
  readonly own?: boolean;
  /** Documents of the whole benchmark as the paper ran it, null where unknown. */
  readonly documents: number | null;
  /** Names of the tasks it consists of: itself, or the leaves of a group. */
  readonly leaves: readonly string[];
}

/** Keys under which API models record letter choice, where `acc` has no meaning. */
export const API_METRIC_KEY = 'exact_match,strict_match';

/** Order of categories on the page; others follow by name. */
const CATEGORY_ORDER = [
  'reading comprehension',
  'common sense',
  'linguistic proficiency',
  'miscellaneous knowledge',
  'maths and reasoning',
  BIAS,
];

/**
 * Returns the benchmarks among the roots of a task registry, in the registry's order; what names no language is no benchmark of the paper.
 */
export function benchmarksOf(roots: readonly (Group | Task)[]): Benchmark[] {
  return roots.flatMap((root) => {
    const { language, category, headlineMetric, documents } = root.meta;
    if (language === null || category === null) return [];
    const metricKey = headlineMetric.includes(',') ? headlineMetric : `${headlineMetric},none`;
    return [{ name: root.name, language, category, metricKey, documents, leaves: leavesOf(root).map(({ name }) => name) }];
  });
}

/**
 * Returns benchmarks of the user's own as columns. Throws `UserError` for one that does not say its language and category.
 */
export function ownBenchmarksOf(roots: readonly (Group | Task)[]): Benchmark[] {
  const silent = roots.find(({ meta }) => meta.language === null || meta.category === null);
  if (silent !== undefined)
    throw new UserError(
      `${silent.file}: metadata: a column of the leaderboard needs language (eu, en or es) and category, as in metadata: {language: eu, category: trivia}`,
    );
  return benchmarksOf(roots).map((benchmark) => ({ ...benchmark, own: true }));
}

/**
 * Tells what a value of a benchmark is multiplied by to be shown: shares are shown in percent, other metrics (BLEU, perplexity) as they are.
 */
export function factorOf({ metricKey, own }: Pick<Benchmark, 'metricKey' | 'own'>): 1 | 100 {
  const scale = own === true ? METRICS.get(metricKey.slice(0, metricKey.indexOf(',')))?.scale : undefined;
  return scale === 'percent' || scale === 'number' ? 1 : 100;
}

/**
 * Returns the benchmarks of one language grouped by category, categories in the page's order.
 */
export function byCategory(benchmarks: readonly Benchmark[], language: Language): (readonly [string, readonly Benchmark[]])[] {
  const groups = new Map<string, Benchmark[]>();
  for (const b of benchmarks) {
    if (b.language === language) groups.set(b.category, [...(groups.get(b.category) ?? []), b]);
  }
  return [...groups].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function rank(category: string): number {
  const at = CATEGORY_ORDER.indexOf(category);
  return at < 0 ? CATEGORY_ORDER.length - 1.5 : at;
}

/** Families of benchmarks by the beginning of their names, as people call them. */
const LABELS: readonly (readonly [RegExp, string])[] = [
  [/^arc_(eu_)?challenge$/, 'ARC challenge'],
  [/^arc_(eu_)?easy$/, 'ARC easy'],
  [/^belebele_/, 'Belebele'],
  [/^bertaqa_.*_global$/, 'BertaQA global'],
  [/^bertaqa_.*_local$/, 'BertaQA local'],
  [/^bl2mp$/, 'BL2MP'],
  [/^eus_exams/, 'EusExams'],
  [/^eus_proficiency$/, 'EusProficiency'],
  [/^eus_reading$/, 'EusReading'],
  [/^eus_trivia$/, 'EusTrivia'],
  [/^mgsm_/, 'MGSM'],
  [/^mmlu_/, 'MMLU'],
  [/^piqa/, 'PIQA'],
  [/^xstorycloze_/, 'XStoryCloze'],
  [/^basqbbq$/, 'BasqBBQ'],
  [/^bbq$/, 'BBQ'],
];

/**
 * Returns a short heading for a benchmark within the table of its language, its own name where it has none.
 */
export function labelOf(name: string): string {
  return LABELS.find(([pattern]) => pattern.test(name))?.[1] ?? name;
}
