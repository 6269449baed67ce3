/** Whether the cells of one column measure the same thing. */
import { at } from '../at.js';
import { UserError } from '../errors.js';
import type { PromptFamily } from '../types.js';
import { count, type Measurement, shortList } from './collect.js';
import type { Benchmark } from './columns.js';
import { type Note, noteText } from './notes.js';
import type { Row } from './rows.js';

/** Differences among the paper's own recorded results that its tables put into one column; each with its reason, for the notes of the page. */
const PAPER_VERSIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['mgsm_native_cot_en', ['3', '4']],
  ['mgsm_native_cot_es', ['3', '4']],
]);
/** Fingerprints that the paper's authors recorded of a task; empty where they recorded none. */
export type Records = (task: string, family: PromptFamily) => readonly string[];

/** Why a cell does not belong with the others of its column. */
export interface Mark {
  readonly model: string;
  readonly benchmark: string;
  /** e.g. `version 2, others 1`. */
  readonly reason: Note;
}

export interface Comparability {
  /** Cells that differ from the majority of their column. */
  readonly marks: readonly Mark[];
  /** Differences that are known to change nothing or that the paper itself made. */
  readonly notes: readonly Note[];
}

/**
 * Compares the cells of every column: task versions, number of few-shot examples, documents evaluated, and prompt fingerprints. Fingerprints of
 * different prompt families or chat templates always differ; they are held against one another only through the paper's records. Returns marks for the
 * cells that differ from most others.
 */
export function compareColumns(benchmarks: readonly Benchmark[], rows: readonly Row[], records: Records): Comparability {
  const marks: Mark[] = [];
  const notes: Note[] = [];
  for (const benchmark of benchmarks) {
    const cells = rows.flatMap((row) => {
      const m = row.measurements.get(benchmark.name);
      return m === undefined || m.value === null ? [] : [{ model: row.model, m }];
    });
    for (const check of [versions, shots, documents]) for (const mark of check(benchmark, cells, notes)) marks.push(mark);
    for (const mark of fingerprints(benchmark, cells, records, notes)) marks.push(mark);
  }
  return { marks, notes };
}

/**
 * Throws `UserError` naming the first column that mixes, its models, and how to publish it all the same.
 */
export function refuseMixed(comparability: Comparability): void {
  const [first] = comparability.marks;
  if (first === undefined) return;
  const inColumn = comparability.marks.filter((m) => m.benchmark === first.benchmark);
  const columns = new Set(comparability.marks.map((m) => m.benchmark)).size;
  throw new UserError(
    `the column ${first.benchmark} mixes different measurements: ${shortList([...new Set(inColumn.map((m) => `${m.model} has ${noteText(m.reason)}`))], 3)}` +
      `${columns > 1 ? ` (and ${count(columns - 1, 'more column')})` : ''}; leave those results out, or give --mixed to publish them with a mark at each`,
  );
}

/** Stands for any of the fingerprints that the paper's authors recorded. */
const PAPER = 'paper';

interface Cell {
  readonly model: string;
  readonly m: Measurement;
}

/** Marks the cells whose value is not that of most cells; null says nothing. */
function minority(benchmark: Benchmark, cells: readonly Cell[], key: Note['key'], read: (m: Measurement) => string | null): Mark[] {
  const counts = new Map<string, number>();
  for (const { m } of cells) {
    const value = read(m);
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  if (counts.size < 2) return [];
  const [usual] = at(
    [...counts].sort(([a, n], [b, k]) => k - n || (a < b ? -1 : 1)),
    0,
  );
  return cells.flatMap(({ model, m }) => {
    const value = read(m);
    return value === null || value === usual
      ? []
      : [{ model, benchmark: benchmark.name, reason: { key, values: { found: value, usual } } }];
  });
}

function versions(benchmark: Benchmark, cells: readonly Cell[], notes: Note[]): Mark[] {
  const same = PAPER_VERSIONS.get(benchmark.name) ?? [];
  const found = new Set(cells.flatMap(({ m }) => (m.version !== null && same.includes(m.version) ? [m.version] : [])));
  if (found.size > 1) notes.push({ key: 'versions', values: { benchmark: benchmark.name, versions: [...found].sort().join(', ') } });
  return minority(benchmark, cells, 'markVersion', (m) => (m.version !== null && same.includes(m.version) ? same.join(' or ') : m.version));
}

function shots(benchmark: Benchmark, cells: readonly Cell[]): Mark[] {
  return minority(benchmark, cells, 'markShots', (m) => (m.nShot === null ? null : String(m.nShot)));
}

function documents(benchmark: Benchmark, cells: readonly Cell[]): Mark[] {
  return minority(benchmark, cells, 'markDocuments', (m) => (m.documents === null ? null : String(m.documents)));
}

function fingerprints(benchmark: Benchmark, cells: readonly Cell[], records: Records, notes: Note[]): Mark[] {
  const marks: Mark[] = [];
  const onRecord = (m: Measurement) => m.hashes.size > 0 && [...m.hashes].every(([task, hash]) => records(task, m.family).includes(hash));
  const settings = new Map<string, Cell[]>();
  for (const cell of cells) settings.set(cell.m.setting, [...(settings.get(cell.m.setting) ?? []), cell]);
  for (const group of settings.values()) {
    const odd = minority(benchmark, group, 'markFingerprint', (m) =>
      m.fingerprint === null ? null : onRecord(m) ? PAPER : m.fingerprint.slice(0, 16),
    );
    for (const mark of odd) {
      const { found, usual } = mark.reason.values;
      const key = usual === PAPER ? 'markNotPaper' : found === PAPER ? 'markPaper' : 'markFingerprint';
      marks.push({ ...mark, reason: { key, values: mark.reason.values } });
    }
    const found = new Set(group.flatMap(({ m }) => (m.fingerprint !== null && onRecord(m) ? [m.fingerprint] : [])));
    if (found.size > 1) notes.push({ key: 'revisions', values: { benchmark: benchmark.name } });
  }
  // Between settings: the paper's prompts beside others of which a record says that they are not the paper's. Chat prompts depend on the model's template.
  if (marks.length > 0 || !cells.some(({ m }) => onRecord(m))) return marks;
  return cells.flatMap(({ model, m }) => {
    const comparable = m.family !== 'chat' && m.hashes.size > 0 && [...m.hashes.keys()].every((task) => records(task, m.family).length > 0);
    return comparable && !onRecord(m) ? [{ model, benchmark: benchmark.name, reason: { key: 'markPrompts' as const, values: {} } }] : [];
  });
}
