/** The columns of the leaderboard as data. Runs in the page too, so it imports nothing but types. */
import type { Language } from '../types.js';

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
  /** The group of the user's own that counts it: it is not counted again in a mean that has the group. */
  readonly within?: string;
  /** A smaller value is a better one (perplexity). */
  readonly lowerIsBetter?: boolean;
  /** Documents of the whole benchmark as the paper ran it, null where unknown. */
  readonly documents: number | null;
  /** Names of the tasks it consists of: itself, or the leaves of a group. */
  readonly leaves: readonly string[];
}

/** The paper's categories, in the order of the page; others follow by name. */
export const CATEGORIES = [
  'reading comprehension',
  'common sense',
  'linguistic proficiency',
  'miscellaneous knowledge',
  'maths and reasoning',
  BIAS,
] as const;

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
  const known: readonly string[] = CATEGORIES;
  const at = known.indexOf(category);
  return at < 0 ? known.length - 1.5 : at;
}

/** Families of benchmarks by the beginning of their names, as people call them. */
const LABELS = [
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
] as const satisfies readonly (readonly [RegExp, string])[];

/** A name by which people know a benchmark of the paper, in whatever language. */
export type BenchmarkLabel = (typeof LABELS)[number][1];

/**
 * Returns a short heading for a benchmark within the table of its language, its own name where it has none.
 */
export function labelOf(name: string): string {
  return knownLabelOf(name) ?? name;
}

/**
 * Returns the name by which people know a benchmark of the paper, null for others.
 */
export function knownLabelOf(name: string): BenchmarkLabel | null {
  return LABELS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
