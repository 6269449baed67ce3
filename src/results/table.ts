/** The table that a run prints: the harness's columns, and whether the prompts are the paper's. */
import { isGroup } from '../tasks/tree.js';
import type { Estimate, Group, Task } from '../types.js';
import { describeAverages } from './averages.js';
import type { RunOutcome, TaskOutcome } from './outcome.js';

const HEADER = ['Tasks', 'Version', 'Filter', 'n-shot', 'Metric', '', 'Value', '', 'Stderr', 'Documents', 'Prompts'] as const;

/**
 * Returns a Markdown table of a run with one line per task, filter and metric, in the harness's layout and rounding (four decimals).
 * A task without a headline number says why instead of a value. Below it stand the averages by language, where there are any.
 */
export function resultsTable(run: RunOutcome): string {
  const rows: string[][] = [];
  for (const root of run.roots) addRows(rows, run, root, 0);
  const averages = describeAverages(run.averages);
  return `${markdown([[...HEADER], ...rows], new Set([6, 8, 9]))}${averages === null ? '' : `\n\n${averages}`}`;
}

function addRows(rows: string[][], run: RunOutcome, node: Group | Task, depth: number): void {
  const outcome = isGroup(node) ? undefined : run.tasks.get(node.name);
  const table = isGroup(node) ? run.groups.get(node.name) : outcome?.table;
  const label = depth === 0 ? node.alias : `${' '.repeat(depth)}- ${node.alias}`;
  const documents = isGroup(node) ? table?.samples : outcome?.scored;
  const lines = Object.entries(table?.estimates ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (lines.length === 0) {
    const why = isGroup(node) && node.aggregate.length === 0 ? '' : 'no score';
    rows.push([label, String(node.version), '', '', '', '', why, '', '', documentsOf(outcome, documents), promptsOf(outcome)]);
  }
  lines.forEach(([key, estimate], i) => {
    const comma = key.indexOf(',');
    const metric = key.slice(0, comma);
    const first = i === 0;
    rows.push([
      first ? label : '',
      first ? String(node.version) : '',
      key.slice(comma + 1),
      isGroup(node) ? '' : String(node.fewshot.count),
      metric,
      arrow(node, metric),
      number(estimate.value),
      ...stderr(estimate),
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
  match: "the paper's",
  differs: "not the paper's",
  'no record': 'no record',
  partial: 'a part',
};

function promptsOf(outcome: TaskOutcome | undefined): string {
  return outcome === undefined ? '' : PROMPTS[outcome.prompts];
}

function arrow(node: Group | Task, metric: string): string {
  if (isGroup(node)) {
    const child = node.children[0];
    return child === undefined ? '' : arrow(child, metric);
  }
  const spec = node.metrics.find((m) => m.metric === metric);
  return spec === undefined ? '' : spec.higherIsBetter ? '↑' : '↓';
}

function number(x: number): string {
  return x.toFixed(4);
}

function stderr(estimate: Estimate): [string, string] {
  return ['±', estimate.stderr === null ? 'N/A' : number(estimate.stderr)];
}

/**
 * Returns rows (the first is the header) as an aligned Markdown table; columns in `right` are aligned to the right.
 */
export function markdown(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const columns = rows[0]?.length ?? 0;
  const cells = rows.map((row) => row.map((cell) => cell.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ')));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(3, ...cells.map((row) => width(row[i] ?? ''))));
  const line = (row: readonly string[]): string =>
    `|${widths.map((w, i) => (right.has(i) ? pad(row[i] ?? '', w, true) : pad(row[i] ?? '', w, false))).join('|')}|`;
  const rule = `|${widths.map((w, i) => (right.has(i) ? `${'-'.repeat(w - 1)}:` : '-'.repeat(w))).join('|')}|`;
  const [header, ...body] = cells;
  return [line(header ?? []), rule, ...body.map(line)].join('\n');
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, w: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, w - width(text)));
  return right ? space + text : text + space;
}
