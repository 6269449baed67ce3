import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Board, type BoardOptions, buildBoard } from '../../src/leaderboard/board.js';
import type { Benchmark } from '../../src/leaderboard/columns.js';
import { noteText } from '../../src/leaderboard/notes.js';

/** What a made-up result file says; everything else is filled in. */
export interface MadeUp {
  readonly model: string;
  readonly folder?: string;
  /** Task -> share of right answers. */
  readonly scores: Readonly<Record<string, number>>;
  readonly date?: number;
  readonly documents?: number;
  readonly original?: number;
  readonly version?: number;
  readonly hash?: string;
  readonly shots?: number;
  readonly args?: string;
  readonly template?: string | null;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A folder of its own for a test. */
export function freshFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'leaderboard-'));
}

let serial = 0;

/** Writes made-up result files as a run would and returns their folder. */
export function writeResults(files: readonly MadeUp[], root = freshFolder()): string {
  for (const f of files) {
    const folder = path.join(root, f.folder ?? f.model.replaceAll('/', '__'));
    mkdirSync(folder, { recursive: true });
    const each = <T>(value: (task: string, score: number) => T) =>
      Object.fromEntries(Object.entries(f.scores).map(([t, s]) => [t, value(t, s)]));
    const n = f.documents ?? 1000;
    const content = {
      results: each((task, share) => ({
        alias: task,
        [task.startsWith('mgsm') ? 'exact_match,flexible-extract' : 'acc,none']: share,
        [task.startsWith('mgsm') ? 'exact_match_stderr,flexible-extract' : 'acc_stderr,none']: Math.sqrt((share * (1 - share)) / (n - 1)),
      })),
      group_subtasks: {},
      versions: each(() => f.version ?? 1),
      'n-shot': each(() => f.shots ?? 5),
      'n-samples': each(() => ({ original: f.original ?? n, effective: n })),
      task_hashes: each((task) => f.hash ?? `hash of ${task}`),
      config: { model_args: f.args ?? '' },
      model_name: f.model,
      model_source: 'hf',
      chat_template: f.template ?? null,
      date: f.date ?? 1_700_000_000,
      ...f.more,
    };
    writeFileSync(path.join(folder, `results_${String(serial++).padStart(6, '0')}.json`), JSON.stringify(content));
  }
  return root;
}

const column = (name: string, language: 'eu' | 'en' | 'es', category: string): Benchmark => ({
  name,
  language,
  category,
  metricKey: name.startsWith('mgsm') ? 'exact_match,flexible-extract' : 'acc,none',
  documents: 1000,
  leaves: [name],
});

/** A small leaderboard: three Basque columns and the bias one, two English, one Spanish. */
export const COLUMNS: readonly Benchmark[] = [
  column('eus_trivia', 'eu', 'miscellaneous knowledge'),
  column('mgsm_native_cot_eu', 'eu', 'maths and reasoning'),
  column('piqa_eu', 'eu', 'common sense'),
  column('basqbbq', 'eu', 'bias'),
  column('arc_easy', 'en', 'maths and reasoning'),
  column('piqa', 'en', 'common sense'),
  column('belebele_spa_Latn', 'es', 'reading comprehension'),
];

/** The remarks of a board in English, one below the other. */
export function notesOf({ notes }: Board): string {
  return notes.map((note) => noteText(note)).join('\n');
}

/** All columns at one score, then some changed. */
export function scores(all: number, changed: Readonly<Record<string, number>> = {}): Record<string, number> {
  return { ...Object.fromEntries(COLUMNS.map((b) => [b.name, all])), ...changed };
}

/** Builds a board of the small leaderboard from made-up files. */
export function board(files: readonly MadeUp[], options: Partial<BoardOptions> = {}): Promise<Board> {
  return buildBoard({
    dirs: [writeResults(files)],
    benchmarks: COLUMNS,
    names: [],
    base: null,
    mixed: false,
    records: () => [],
    ...options,
  });
}
