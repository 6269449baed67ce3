/** The table that a run prints: the harness's columns, and whether the prompts are the paper's. */
import { at } from '../at.js';
import { isGroup } from '../task-tree.js';
import { NO_SCREEN, type Screen } from '../terminal/screen.js';
import { type Column, table, wordsOf } from '../terminal/table.js';
import type { Estimate, Group, Task } from '../types.js';
import { describeAverages } from './averages.js';
import { describeLanguages } from './counts.js';
import type { RunOutcome, TaskOutcome } from './outcome.js';
import { describeVariants, variantSummaries } from './prompt-variants.js';
import { partsOfKey } from './score-key.js';

const COLUMNS: readonly Column[] = [
  { title: 'Tasks' },
  { title: 'Version', spare: 9 },
  { title: 'Filter' },
  { title: 'n-shot', spare: 7 },
  { title: 'Metric' },
  { title: '', spare: 5 },
  { title: 'Value', right: true },
  { title: '', spare: 2.5 },
  { title: 'Stderr', right: true, spare: 2 },
  { title: 'Chance', right: true, spare: 3 },
  { title: 'Documents', right: true, spare: 4 },
  { title: 'Prompts', spare: 6 },
];

/**
 * Returns a Markdown table of a run with one line per task, filter and metric, in the harness's layout and rounding (four decimals), with the chance level beside it.
 * A task without a headline number says why instead of a value. Below it stand the averages by language, where there are any.
 */
export function resultsTable(run: RunOutcome, screen: Screen = NO_SCREEN): string {
  const rows: string[][] = [];
  for (const root of run.roots) addRows(rows, run, root, 0);
  const averages = describeAverages(run.averages);
  // A column of nothing but `none` tells nothing apart.
  const columns = COLUMNS.map((column, i) =>
    column.title === 'Filter' && rows.every((row) => ['', 'none'].includes(at(row, i))) ? { ...column, spare: 8 } : column,
  );
  const below = [averages ?? [], ...describeVariants(variantSummaries(run)), languagesOf(run)].flat();
  return `${table(columns, rows, screen)}${below.map((text) => `\n\n${wordsOf(text, screen.width).join('\n')}`).join('')}`;
}

/** In which languages the answers of each task are written, where that can be told. */
function languagesOf(run: RunOutcome): string[] {
  return [...run.tasks.values()].flatMap(({ task, counts }) => {
    const text = describeLanguages(counts);
    return text === null ? [] : [`Answers to ${task.name}: ${text}.`];
  });
}

function addRows(rows: string[][], run: RunOutcome, node: Group | Task, depth: number): void {
  const outcome = isGroup(node) ? undefined : run.tasks.get(node.name);
  const scores = isGroup(node) ? run.groups.get(node.name) : outcome?.table;
  const label = depth === 0 ? node.alias : `${' '.repeat(depth)}- ${node.alias}`;
  const documents = isGroup(node) ? scores?.samples : outcome?.scored;
  const lines = Object.entries(scores?.estimates ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (lines.length === 0) {
    const why = isGroup(node) && node.aggregate.length === 0 ? '' : 'no score';
    rows.push([label, String(node.version), '', '', '', '', why, '', '', '', documentsOf(outcome, documents), promptsOf(outcome)]);
  }
  lines.forEach(([key, estimate], i) => {
    const [metric, filter] = partsOfKey(key);
    const first = i === 0;
    rows.push([
      first ? label : '',
      first ? String(node.version) : '',
      filter,
      isGroup(node) ? '' : String(node.fewshot.count),
      metric,
      arrow(node, metric),
      number(estimate.value),
      ...stderr(estimate),
      chance(outcome, metric),
      first ? documentsOf(outcome, documents) : '',
      first ? promptsOf(outcome) : '',
    ]);
  });
  if (isGroup(node)) for (const child of node.children) addRows(rows, run, child, depth + 1);
}

function documentsOf(outcome: TaskOutcome | undefined, documents: number | undefined): string {
  return outcome !== undefined && outcome.scored < outcome.effective
    ? `${outcome.scored} of ${outcome.effective}`
    : String(documents ?? '');
}

const PROMPTS: Record<TaskOutcome['prompts'], string> = {
  match: 'as in paper',
  differs: 'differ from paper',
  'no record': 'no reference',
  partial: 'subset',
};

function promptsOf(outcome: TaskOutcome | undefined): string {
  return outcome === undefined ? '' : PROMPTS[outcome.prompts];
}

/** Metrics for which guessing means picking a choice blindly. */
const GUESSED: ReadonlySet<string> = new Set(['acc', 'acc_norm', 'acc_bytes', 'acc_mutual_info', 'mc1']);

function chance(outcome: TaskOutcome | undefined, metric: string): string {
  return outcome === undefined || outcome.chance === null || !GUESSED.has(metric) ? '' : number(outcome.chance);
}

/** Which way is better: up, down, or towards 0. */
function arrow(node: Group | Task, metric: string): string {
  if (isGroup(node))
    return node.children
      .slice(0, 1)
      .map((child) => arrow(child, metric))
      .join('');
  // The harness calls bias the better the higher; 0 is best.
  if (metric === 'bias') return '→0';
  const spec = node.metrics.find((m) => m.metric === metric);
  return spec === undefined ? '' : spec.higherIsBetter ? '↑' : '↓';
}

function number(x: number): string {
  return x.toFixed(4);
}

function stderr(estimate: Estimate): [string, string] {
  return ['±', estimate.stderr === null ? 'N/A' : number(estimate.stderr)];
}
