/** What a gate found, for people and programs. Names come from files that somebody else wrote: everything is escaped. */
import { comparisonJson } from '../compare/print.js';
import { detectableText, flipsCell, nameOf, probability, valueCells } from '../compare/unit.js';
import { oneLine, printable } from '../terminal/printable.js';
import { NO_SCREEN, type Screen, type Tone, toned } from '../terminal/screen.js';
import { type Cell, type Column, table, wordsOf } from '../terminal/table.js';
import type { Judged, Judgement } from './judge.js';
import type { Policy } from './policy.js';

/**
 * Returns the JSON form: `verdict`, `reasons` in words, each judged line, the comparison behind it and the policy.
 */
export function judgementJson(judgement: Judgement, policy: Policy): Record<string, unknown> {
  return {
    verdict: judgement.verdict,
    reasons: judgement.reasons.map((r) => r.message),
    findings: judgement.reasons,
    remarks: judgement.remarks,
    judged: judgement.judged.map(({ kind, row, verdict, p, detectable }) => ({
      kind,
      name: row.benchmark,
      metric: row.metric,
      higher_is_better: row.higherIsBetter,
      share: row.share,
      verdict,
      n: row.n,
      base: row.base,
      candidate: row.candidate,
      difference: row.difference,
      low: row.low,
      high: row.high,
      p_drop_holm: p,
      flips_up: row.flipsUp,
      flips_down: row.flipsDown,
      flips_noise: row.noise.up + row.noise.down,
      paired: row.paired,
      detectable,
    })),
    policy,
    compare: comparisonJson(judgement.comparison),
  };
}

/**
 * Returns the text form: verdict, reasons, a table of everything judged, remarks.
 */
export function judgementText(judgement: Judgement, screen: Screen = NO_SCREEN): string {
  const { base, candidate } = judgement.comparison;
  const head = [
    ...judgement.reasons.map((r) => fitted(oneLine(`- ${r.message}`), screen, '  ')),
    '',
    oneLine(`base:      ${base.model} (${base.reference})`),
    oneLine(`candidate: ${candidate.model} (${candidate.reference})`),
    '',
  ];
  const notes = judgement.remarks.map((remark) => fitted(oneLine(`note: ${remark}`), screen, '      '));
  const noise = judgement.judged.filter((j) => j.kind === 'benchmark' && j.row.noise.up + j.row.noise.down > 0);
  for (const { row } of noise) {
    const said = `note: ${oneLine(row.benchmark)}: ${row.noise.up + row.noise.down} flips (+${row.noise.up} -${row.noise.down}) are numerical noise and not counted`;
    notes.push(fitted(said, screen, '      '));
  }
  const parts = [`gate: ${toned(judgement.verdict, TONES[judgement.verdict], screen)}`, printable(head.join('\n'))];
  if (judgement.judged.length > 0) parts.push(judgedTable(judgement.judged, screen), '');
  return `${[...parts, printable(notes.join('\n'))].join('\n').trimEnd()}\n`;
}

/** A sentence on as many lines as the screen needs, the further ones indented. */
function fitted(text: string, { width }: Screen, indent: string): string {
  return Number.isFinite(width) ? wordsOf(text, width - indent.length).join(`\n${indent}`) : text;
}

const TONES: Readonly<Record<Judged['verdict'], Tone>> = { pass: 'good', regressed: 'bad', 'cannot judge': 'doubt', 'not judged': 'soft' };

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'n', right: true, spare: 8 },
  { title: 'Base', right: true, spare: 3 },
  { title: 'Candidate', right: true, spare: 2 },
  { title: 'Difference', right: true },
  { title: '95 % interval', right: true, spare: 5 },
  { title: 'p of a loss (Holm)', right: true, spare: 6 },
  { title: 'Flips', right: true, spare: 7 },
  { title: 'Detectable drop', right: true, spare: 4 },
  { title: 'Verdict' },
];

function judgedTable(judged: readonly Judged[], screen: Screen = NO_SCREEN): string {
  const lines = judged.map(({ kind, row, verdict, p, detectable }): Cell[] => [
    kind === 'benchmark' ? nameOf(row) : `${row.benchmark} (${kind})`,
    ...valueCells(row),
    probability(p),
    flipsCell(row),
    detectable === null ? 'none' : detectableText(row, detectable),
    { text: verdict, tone: TONES[verdict] },
  ]);
  return table(COLUMNS, lines, screen);
}

/**
 * Returns JUnit XML: one test case for each judged line and each finding about the run as a whole. Regressions are failures, what cannot be
 * judged is an error, what is not judged is skipped.
 */
export function judgementJunit(judgement: Judgement): string {
  const subjects = new Map<string, string[]>();
  for (const { subject, message } of judgement.reasons) {
    const key = subject ?? 'the run';
    subjects.set(key, [...(subjects.get(key) ?? []), message]);
  }
  const lines = judgement.judged.map(({ row, kind, verdict }) => ({ name: row.benchmark, kind: kind as string, verdict }));
  for (const subject of subjects.keys()) {
    if (!lines.some((l) => l.name === subject)) lines.push({ name: subject, kind: 'run', verdict: 'cannot judge' });
  }
  const count = (verdict: string): number => lines.filter((l) => l.verdict === verdict).length;
  const cases = lines.map(({ name, kind, verdict }) => {
    const head = `    <testcase classname="eus-eval gate ${xml(kind)}" name="${xml(name)}"`;
    const messages = subjects.get(name) ?? [];
    if (verdict === 'not judged') return `${head}>\n      <skipped/>\n    </testcase>`;
    if (verdict === 'pass') return `${head}/>`;
    const tag = verdict === 'regressed' ? 'failure' : 'error';
    return `${head}>\n      <${tag} message="${xml(messages[0] ?? verdict)}" type="${verdict}">${xml(messages.join('\n'))}</${tag}>\n    </testcase>`;
  });
  const counts = `tests="${lines.length}" failures="${count('regressed')}" errors="${count('cannot judge')}" skipped="${count('not judged')}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n  <testsuite name="eus-eval gate" ${counts}>\n${cases.join('\n')}\n  </testsuite>\n</testsuites>\n`;
}

/** XML 1.0 has no way to write most control characters and lone surrogates: they become U+FFFD. */
function xml(text: string): string {
  return (
    text
      .replace(/\p{Cs}/gu, '\uFFFD')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML forbids
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\uFFFD')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;')
      .replaceAll('\n', '&#10;')
  );
}

/**
 * Returns Markdown for a GitHub step summary.
 */
export function judgementSummary(judgement: Judgement): string {
  const mark = { pass: '✅', regressed: '❌', 'cannot judge': '⚠️' }[judgement.verdict];
  const { base, candidate } = judgement.comparison;
  const escaped = judgement.judged.map((j) => ({ ...j, row: { ...j.row, benchmark: md(j.row.benchmark) } }));
  return [
    `## ${mark} eus-eval gate: ${judgement.verdict}`,
    '',
    ...judgement.reasons.map((r) => `- ${md(r.message)}`),
    '',
    `Base ${md(base.model)}, candidate ${md(candidate.model)}.`,
    '',
    judgedTable(escaped),
    '',
    ...judgement.remarks.map((r) => `- ${md(r)}`),
    '',
  ].join('\n');
}

/** Plain text inside Markdown: no links, HTML, code or mentions from a name. */
function md(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;')
    .replace(/[\\`*[\]#!~|]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replaceAll('://', '&#58;//');
}

/**
 * Returns GitHub workflow commands that annotate a run: errors for regressions, warnings for what cannot be judged.
 */
export function judgementAnnotations(judgement: Judgement): string {
  return judgement.reasons
    .map(({ verdict, subject, message }) => {
      const command = verdict === 'regressed' ? 'error' : 'warning';
      return `::${command} title=${property(`eus-eval gate: ${subject ?? 'the run'} ${verdict}`)}::${data(message)}\n`;
    })
    .join('');
}

/** Escapes of the runner's command syntax (actions/toolkit, command.ts). */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
