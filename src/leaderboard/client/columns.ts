/// <reference lib="dom" />
/** The columns of the table: what a reader can see, choose, order and sort by. */
import { dayText, numberText, type PageLanguage } from '../../page/words.js';
import type { Language } from '../../types.js';
import type { Average, BoardModel, Cell } from '../board.js';
import { type Benchmark, BIAS, byCategory, LANGUAGES, labelOf } from '../columns.js';
import type { PageData } from '../page-data.js';
import type { Score } from '../statistics.js';
import { categoryName, languageName, seen, type Words } from './context.js';
import { languageOf, type Tab } from './state.js';

export interface Column {
  readonly key: string;
  /** Heading; `full` is the heading where no group stands above it. */
  readonly title: string;
  readonly full: string;
  readonly group: string;
  readonly kind: 'average' | 'benchmark' | 'bias' | 'fact';
  readonly language: Language | null;
  readonly benchmark: Benchmark | null;
  /** What it is sorted by; null stays at the end. Incomplete averages stand behind complete ones (`late`). */
  readonly sortValue: (model: BoardModel) => number | string | null;
  readonly late: (model: BoardModel) => boolean;
  /** Sorted from the largest first on the first press. */
  readonly largestFirst: boolean;
  /** A score with its error, for ranks and pictures; null where it has none or is not comparable. */
  readonly score: (model: BoardModel) => Score | null;
  readonly lowerIsBetter: boolean;
  /** What stands in its cells: the average of an average, the result of a benchmark and its bias, the text of a fact. */
  readonly average: (model: BoardModel) => Average | null;
  readonly cell: (model: BoardModel) => Cell | null;
  readonly text: (model: BoardModel) => string;
}

/** A column with what is usual for the rest: sorted from the largest, no score, no text. */
function column(part: Pick<Column, 'key' | 'full' | 'group' | 'kind' | 'sortValue'> & Partial<Column>): Column {
  return {
    title: part.full,
    language: null,
    benchmark: null,
    late: () => false,
    largestFirst: true,
    score: () => null,
    lowerIsBetter: false,
    average: () => null,
    cell: () => null,
    text: () => '',
    ...part,
  };
}

/**
 * Returns all columns that at least one model has a value in, in their usual order.
 */
export function columnsOf({ board }: PageData, t: Words, language: PageLanguage): Column[] {
  const averages = LANGUAGES.map((l) => averageColumn(l, t));
  const benchmarks = LANGUAGES.flatMap((l) =>
    byCategory(board.benchmarks, l).flatMap(([, members]) =>
      members.flatMap((b) => [benchmarkColumn(b, t), ...(b.category === BIAS ? [biasColumn(b, t)] : [])]),
    ),
  );
  return [...averages, ...benchmarks, ...factColumns(t, language)].filter((column) =>
    board.models.some((m) => column.sortValue(m) !== null),
  );
}

/** As many benchmarks stand in the overview by themselves; of more it has the averages. */
const MOST_AT_ONCE = 8;

/**
 * Returns the keys of the columns that a tab shows unless the reader chose others.
 */
export function usualColumns(tab: Tab, columns: readonly Column[], { board }: PageData): string[] {
  const language = languageOf(tab);
  if (language !== null) return columns.filter((c) => c.language === language).map(({ key }) => key);
  const several = (key: string, of: (m: BoardModel) => unknown): string[] => (new Set(board.models.map(of)).size > 1 ? [key] : []);
  const facts = new Set([
    'size',
    'released',
    ...several('prompt', (m) => m.prompt),
    ...several('evaluated', (m) => dayText(m.facts.evaluated, 'en')),
    ...(board.models.every((m) => m.facts.usd !== null) ? ['cost'] : []),
  ]);
  const small = columns.filter((c) => c.kind === 'benchmark').length <= MOST_AT_ONCE;
  const complete = (c: Column): boolean => board.models.some((m) => !c.late(m) && c.sortValue(m) !== null);
  return columns
    .filter((c) => {
      if (c.kind === 'average') return !small || complete(c);
      return c.kind === 'bias' || facts.has(c.key) || (c.kind === 'benchmark' && (small || c.benchmark?.own === true));
    })
    .map(({ key }) => key);
}

function averageColumn(language: Language, t: Words): Column {
  const of = (m: BoardModel): Average | null => m.averages[language];
  return column({
    key: `average_${language}`,
    title: t('average'),
    full: t('averageOf', { language: languageName(language, t) }),
    group: t('averages'),
    kind: 'average',
    language,
    sortValue: (m) => of(m)?.value ?? null,
    late: (m) => of(m)?.complete === false,
    score: (m) => {
      const average = of(m);
      return average?.complete && average.comparable ? average : null;
    },
    average: of,
  });
}

function benchmarkColumn(benchmark: Benchmark, t: Words): Column {
  const of = (m: BoardModel): Cell | null => m.cells[benchmark.name] ?? null;
  const label = seen(labelOf(benchmark.name));
  const lowerIsBetter = benchmark.lowerIsBetter === true;
  return column({
    key: benchmark.name,
    title: label,
    full: `${label} (${languageName(benchmark.language, t)})`,
    group: categoryName(benchmark.category, t),
    kind: 'benchmark',
    language: benchmark.language,
    benchmark,
    sortValue: (m) => of(m)?.value ?? null,
    largestFirst: !lowerIsBetter,
    score: (m) => {
      const cell = of(m);
      return cell?.mark === null ? cell : null;
    },
    lowerIsBetter,
    cell: of,
  });
}

/** The bias score: the nearer to 0 the better, so it is sorted by its distance. */
function biasColumn(benchmark: Benchmark, t: Words): Column {
  const of = (m: BoardModel): Cell | null => m.cells[benchmark.name] ?? null;
  return column({
    key: `bias_${benchmark.name}`,
    title: t('biasScore'),
    full: t('biasScoreOf', { name: labelOf(benchmark.name) }),
    group: categoryName(BIAS, t),
    kind: 'bias',
    language: benchmark.language,
    benchmark,
    sortValue: (m) => {
      const value = of(m)?.bias ?? null;
      return value === null ? null : Math.abs(value);
    },
    largestFirst: false,
    lowerIsBetter: true,
    cell: of,
  });
}

interface Fact<T> {
  readonly key: string;
  readonly full: string;
  readonly of: (model: BoardModel) => T | null;
  readonly text: (value: T) => string;
  readonly largestFirst?: boolean;
}

function factColumns(t: Words, language: PageLanguage): Column[] {
  const fact = <T extends string | number>({ key, full, of, text, largestFirst = true }: Fact<T>): Column =>
    column({
      key,
      full,
      group: t('facts'),
      kind: 'fact',
      sortValue: of,
      largestFirst,
      text: (m) => {
        const value = of(m);
        return value === null ? '' : text(value);
      },
    });
  return [
    fact({ key: 'size', full: t('size'), of: (m) => m.parameters, text: (x) => sizeText(x, t, language) }),
    fact({ key: 'released', full: t('released'), of: (m) => m.facts.released, text: (x) => releasedText(x, language) }),
    fact({ key: 'family', full: t('family'), of: (m) => m.facts.family, text: seen, largestFirst: false }),
    fact({ key: 'prompt', full: t('prompts'), of: (m) => m.prompt, text: seen, largestFirst: false }),
    fact({ key: 'documents', full: t('documentsHead'), of: (m) => m.facts.documents, text: (x) => numberText(x, language) }),
    fact({ key: 'evaluated', full: t('evaluated'), of: (m) => m.facts.evaluated, text: (x) => dayText(x, language) }),
    fact({ key: 'time', full: t('time'), of: (m) => m.facts.seconds, text: (x) => durationText(x, t), largestFirst: false }),
    fact({ key: 'cost', full: t('cost'), of: (m) => m.facts.usd, text: (x) => numberText(x, language, 2), largestFirst: false }),
  ];
}

/** A number of parameters, `8.0 B`. */
function sizeText(parameters: number, t: Words, language: PageLanguage): string {
  if (parameters < 1e9) return t('millions', { x: numberText(parameters / 1e6, language, 0) });
  return t('billions', { x: numberText(parameters / 1e9, language, parameters < 1e11 ? 1 : 0) });
}

/**
 * Returns columns as what a reader can choose from.
 */
export function choicesOf(columns: readonly Column[]): { value: string; text: string; group: string }[] {
  return columns.map(({ key, full, group }) => ({ value: key, text: full, group }));
}

/**
 * Returns a release date; a month stays a month.
 */
export function releasedText(released: string, language: PageLanguage): string {
  return released.length === 7 ? released : dayText(Date.parse(released) / 1000, language);
}

/** A time that people can take in: hours, minutes or seconds. */
function durationText(seconds: number, t: Words): string {
  if (seconds >= 5400) return t('hours', { x: Math.round(seconds / 360) / 10 });
  return seconds >= 90 ? t('minutes', { x: Math.round(seconds / 60) }) : t('seconds', { x: Math.round(seconds) });
}
