/** A comparison as JSON and as text. */
import { oneLine, printable } from '../terminal/printable.js';
import { NO_SCREEN, type Screen, type Tone } from '../terminal/screen.js';
import { type Cell, type Column, table } from '../terminal/table.js';
import type { Comparison, Refusal, TestedRow } from './compare.js';
import { describeDifference } from './differs.js';
import type { FlipText } from './flips.js';
import { detectableText, flipsCell, listed, nameOf, probability, valueCells } from './unit.js';

/** Significance level of the words that the text uses. */
const LEVEL = 0.05;

/**
 * Returns the JSON form of a comparison. Values have the unit of the result files (a share for accuracies, points for bias).
 */
export function comparisonJson(comparison: Comparison): Record<string, unknown> {
  return {
    base: runJson(comparison.base),
    candidate: runJson(comparison.candidate),
    benchmarks: comparison.benchmarks.map(rowJson),
    languages: comparison.languages.map((row) => {
      const { benchmark: _, metric: __, category: ___, ...fields } = rowJson(row);
      return { ...fields, benchmarks: row.benchmarks };
    }),
    bias: comparison.bias.map(rowJson),
    refused: comparison.refused.map((r) => ({ benchmark: r.benchmark, differences: r.differences, message: describeRefusal(r) })),
    missing: comparison.missing,
    seed: comparison.options.seed,
    rounds: comparison.options.rounds,
  };
}

function runJson(run: Comparison['base']): Record<string, unknown> {
  return { reference: run.reference, model: run.model, date: run.date, baseline: run.baseline };
}

function rowJson(row: TestedRow): Record<string, unknown> {
  return {
    benchmark: row.benchmark,
    language: row.language,
    category: row.category,
    metric: row.metric,
    higher_is_better: row.higherIsBetter,
    share: row.share,
    n: row.n,
    base: row.base,
    candidate: row.candidate,
    difference: row.difference,
    low: row.low,
    high: row.high,
    p: row.p,
    p_holm: row.pHolm,
    flips_up: row.flipsUp,
    flips_down: row.flipsDown,
    flips_noise: row.noise.up + row.noise.down,
    paired: row.paired,
    detectable: row.detectable,
    test: row.test,
    unscored_base: row.baseUnscored,
    unscored_candidate: row.candidateUnscored,
    notes: row.notes,
    ...(row.within === undefined ? {} : { within: row.within }),
  };
}

/**
 * Returns what keeps a benchmark from being compared, in one line.
 */
export function describeRefusal({ benchmark, differences }: Refusal): string {
  return `${benchmark}: ${differences.map((d) => (d.task === benchmark ? describeDifference(d) : `${describeDifference(d)} (${d.task})`)).join('; ')}`;
}

/**
 * Returns the one line that says what was refused and what to do about it; null when nothing was.
 */
export function refusalMessage(comparison: Comparison): string | null {
  const { refused } = comparison;
  if (refused.length === 0) return null;
  const first = refused.slice(0, 5).map(describeRefusal).join(' | ');
  const more = refused.length > 5 ? ` | and ${refused.length - 5} more` : '';
  const kinds = [...new Set(refused.flatMap((r) => r.differences.map((d) => d.what)))];
  const allowable = kinds.filter((k) => k === 'fingerprint' || k === 'shots' || k === 'version');
  const flag = allowable.length > 0 ? `, or compare anyway with --allow ${allowable.join(',')}` : '';
  const count = refused.length === 1 ? '1 benchmark is' : `${refused.length} benchmarks are`;
  return `${count} not comparable: ${first}${more}; run both models with the same tasks and prompts${flag}`;
}

/**
 * Returns the text form: a table of benchmarks, one of languages, one of bias, and what is missing or refused.
 */
export function comparisonText(comparison: Comparison, screen: Screen = NO_SCREEN): string {
  const head = printable(`base:      ${title(comparison.base)}\ncandidate: ${title(comparison.candidate)}\n`);
  const averages = comparison.languages.map((row) => ({ ...row, benchmark: `${row.benchmark} (${row.benchmarks.length})` }));
  const tables = [
    { what: 'Benchmark', rows: comparison.benchmarks },
    { what: 'Average', rows: averages },
    { what: 'Bias score', rows: comparison.bias },
  ].flatMap(({ what, rows }) => (rows.length === 0 ? [] : [rowsTable(what, rows, screen), '']));
  const unscored = comparison.benchmarks.flatMap(({ benchmark, baseUnscored, candidateUnscored }) => {
    const said = [
      ...(baseUnscored > 0 ? [`base ${baseUnscored}`] : []),
      ...(candidateUnscored > 0 ? [`candidate ${candidateUnscored}`] : []),
    ];
    return said.length === 0 ? [] : [`note: ${benchmark}: unscored documents are left out on both sides (${said.join(', ')})`];
  });
  const notes = [
    ...comparison.refused.map((refusal) => `refused: ${describeRefusal(refusal)}`),
    ...comparison.missing.map(({ benchmark, from }) => `missing: ${benchmark} is not in the ${from}`),
    ...notesOf(comparison.benchmarks),
    ...unscored,
  ].map(oneLine);
  return `${[head, ...tables, printable(notes.join('\n'))].join('\n').trimEnd()}\n`;
}

/** One line for each note, with the benchmarks it is about. */
function notesOf(rows: readonly TestedRow[]): string[] {
  const about = new Map<string, string[]>();
  for (const row of rows) for (const note of row.notes) about.set(note, [...(about.get(note) ?? []), row.benchmark]);
  return [...about].map(([note, benchmarks]) => `note: ${listed(benchmarks)}: ${note}`);
}

function title(run: Comparison['base']): string {
  return oneLine(run.reference === run.model ? run.model : `${run.model} (${run.reference}${run.baseline ? ', a stored baseline' : ''})`);
}

const COLUMNS: readonly Column[] = [
  { title: 'n', right: true, spare: 8 },
  { title: 'Base', right: true, spare: 3 },
  { title: 'Candidate', right: true, spare: 2 },
  { title: 'Difference', right: true },
  { title: '95 % interval', right: true, spare: 4 },
  { title: 'p', right: true, spare: 9 },
  { title: 'p (Holm)', right: true, spare: 5 },
  { title: 'Flips', right: true, spare: 6 },
  { title: 'Verdict', wraps: true },
];

function rowsTable(what: string, rows: readonly TestedRow[], screen: Screen): string {
  const lines = rows.map((row): Cell[] => [
    nameOf(row),
    ...valueCells(row),
    probability(row.p),
    probability(row.pHolm),
    flipsCell(row),
    { text: verdict(row), tone: toneOf(row) },
  ]);
  return table([{ title: what }, ...COLUMNS], lines, screen);
}

function toneOf(row: TestedRow): Tone {
  if (row.pHolm === null || row.pHolm >= LEVEL) return 'soft';
  return row.difference > 0 === row.higherIsBetter ? 'good' : 'bad';
}

function verdict(row: TestedRow): string {
  if (row.within !== undefined) return `counted in ${row.within}`;
  if (row.pHolm === null) return 'not tested';
  if (row.pHolm < LEVEL) {
    const [word, meaning] = row.difference > 0 ? ['higher', 'worse'] : ['lower', 'better'];
    return row.higherIsBetter ? word : `${word} (${meaning})`;
  }
  if (row.detectable === null) return 'no significant difference (too few documents to detect one)';
  return `no significant difference (detectable: ${detectableText(row, row.detectable)})`;
}

/** Characters of a prompt that are printed; its end holds the question. */
const PROMPT_END = 600;

/**
 * Returns the flips as text.
 */
export function flipsText(flips: readonly FlipText[]): string {
  const blocks = flips.map((flip) => {
    const lines = [
      `## ${flip.benchmark}${flip.task === flip.benchmark ? '' : `, ${flip.task}`}: ${flip.direction === 'down' ? 'right to wrong' : 'wrong to right'} (document ${flip.docHash.slice(0, 12)})`,
    ];
    if (flip.prompt !== null) lines.push(flip.prompt.length > PROMPT_END ? `...${flip.prompt.slice(-PROMPT_END)}` : flip.prompt);
    if (flip.choices !== null) lines.push(`choices:   ${flip.choices.join(' | ')}`);
    lines.push(
      `target:    ${flip.target ?? '?'}`,
      `base:      ${flip.base ?? 'not stored'}`,
      `candidate: ${flip.candidate ?? 'not stored'}`,
    );
    return lines.join('\n');
  });
  return blocks.length === 0 ? 'no document flipped\n' : printable(`${blocks.join('\n\n')}\n`);
}
