import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { JSDOM } from 'jsdom';
import { describe, expect, it } from 'vitest';
import { compareOptions, compareRuns } from '../../src/compare/compare.js';
import { openRun } from '../../src/compare/open-run.js';
import { comparisonText } from '../../src/compare/print.js';
import { judge } from '../../src/gate/judge.js';
import { DEFAULT_POLICY } from '../../src/gate/policy.js';
import { judgementAnnotations, judgementJunit, judgementSummary, judgementText } from '../../src/gate/report.js';
import type { Board } from '../../src/leaderboard/board.js';
import { boardCsv } from '../../src/leaderboard/csv.js';
import { boardMarkdown } from '../../src/leaderboard/markdown.js';
import { pageHtml } from '../../src/leaderboard/page.js';
import { escapeHtml } from '../../src/page/escape-html.js';
import { docs, known, scratch, spoil, writeRun } from '../compare/runs.js';
import { board, scores } from '../leaderboard/results.js';
import { options, property, runs, TIMEOUT } from './tools.js';

const PIECES = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</td></tr></table>',
  '</script>',
  '<!--',
  '-->',
  ']]>',
  '<![CDATA[',
  '"',
  "'",
  '`',
  '&',
  '&lt;',
  '&#0;',
  '|',
  '\n',
  '\r',
  '\r\n',
  '\u2028',
  '\u0000',
  '\u001b[31m',
  '\ufffe',
  '\ud800',
  '\u202e',
  '[x](javascript:alert(1))',
  '![x](http://x/y)',
  '**',
  '__',
  '#',
  '- ',
  '1. ',
  '~~~',
  '```',
  '@user',
  'http://x.y',
  '::error::',
  '::set-output name=x::y',
  '%0A',
  '%25',
  '=1+1',
  '-1',
  '+1',
  '@SUM(1)',
  ',',
  ';',
  '\t',
  '\\',
  'a',
  'é',
  ' ',
  '$&',
  '{{x}}',
];
const hostileName = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));

/** Names of all tags and attributes of a page in order: what names of models may not change. */
function structure(html: string): string {
  const found: string[] = [];
  for (const [, tag = '', attributes = ''] of html.matchAll(/<(\/?[a-zA-Z!][^\s>]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/g))
    found.push(`${tag}(${[...attributes.replace(/"[^"]*"|'[^']*'/g, '').matchAll(/\s([a-zA-Z:-]+)(?==)/g)].map((m) => m[1]).join(' ')})`);
  return found.join('');
}

describe(`${runs} hostile names in each output`, () => {
  it('text in HTML', { timeout: TIMEOUT }, async () => {
    const hostile = property(hostileName, (name) => {
      const escaped = escapeHtml(name);
      if (/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)|\p{Cc}|\u202e/u.test(escaped)) throw new Error(escaped);
    });
    await fc.assert(hostile, options);
  });

  it('the leaderboard as page, Markdown and CSV', { timeout: TIMEOUT }, async () => {
    const plain = await board(
      [
        { model: 'o/base', scores: scores(0.6) },
        { model: 'o/new', scores: scores(0.7) },
      ],
      { base: 'o/base', mixed: true },
    );
    const named = (name: string): Board => ({
      ...plain,
      models: plain.models.map((m, i) => (i === 0 ? { ...m, model: name, folder: name } : m)),
      notes: [{ key: 'remark', values: { model: name, text: name } }],
    });
    const page = (b: Board, title: string): string =>
      pageHtml({ title, language: null, board: b, facts: {}, pictures: true, arena: [], version: '1' }, '');
    const expected = structure(page(named('name'), 'title'));
    const lines = boardMarkdown(named('name')).split('\n').length;
    const hostile = property(hostileName, (name) => {
      const b = named(name);
      const html = page(b, name);
      if (structure(html) !== expected) throw new Error('the page has another structure');
      const markdown = boardMarkdown(b);
      if (markdown.split(/[\n\r]/).length !== lines || /<[a-z!/]/i.test(markdown)) throw new Error(markdown);
      const rows: string[][] = parse(boardCsv(b));
      if (rows.length !== 3 || rows.some((row) => /^[=+\-@\t\r](?!\d+$)/.test(row[0] ?? ''))) throw new Error('CSV');
    });
    await fc.assert(hostile, options);
  });

  it('the gate as JUnit, step summary, annotations and text; comparisons as text', { timeout: TIMEOUT }, async () => {
    const run = (share: number) => ({
      tasks: ['a', 'b'].map((name) => ({ name, docs: name === 'a' ? spoil(docs(200, 0.6), share) : docs(200, 0.6) })),
    });
    const [base, candidate] = [await openRun(writeRun(scratch(), run(0))), await openRun(writeRun(scratch(), run(60)))];
    const comparison = await compareRuns(base, candidate, compareOptions([known('a'), known('b', 'en')]));
    const plain = judge(comparison, DEFAULT_POLICY, 1_735_689_600);
    expect(plain.verdict).toBe('regressed');
    const named = (name: string) => ({
      ...plain,
      judged: plain.judged.map((j, i) => (i === 0 ? { ...j, row: { ...j.row, benchmark: name } } : j)),
      reasons: plain.reasons.map((r) => ({ ...r, subject: name, message: `${name} fell` })),
      remarks: [name],
      comparison: { ...comparison, base: { ...comparison.base, model: name, reference: name } },
    });
    const junitTags = (xml: string): string => [...xml.matchAll(/<\/?[a-z]+/g)].map((m) => m[0]).join();
    const benign = named('name');
    const counts = {
      tags: junitTags(judgementJunit(benign)),
      summary: judgementSummary(benign).split('\n').length,
      annotations: judgementAnnotations(benign).split('\n').length,
      text: judgementText(benign).split('\n').length,
      compared: comparisonText(benign.comparison).split('\n').length,
    };
    const parser = new new JSDOM('').window.DOMParser();
    let n = 0;
    const hostile = property(hostileName, (name) => {
      const judgement = named(name);
      const xml = judgementJunit(judgement);
      if (junitTags(xml) !== counts.tags || /&(?!(?:amp|lt|gt|quot|apos|#10);)/.test(xml)) throw new Error(xml);
      // A real parser, on some: it takes longer than everything else here.
      if (n++ % 50 === 0 && parser.parseFromString(xml, 'application/xml').querySelector('parsererror') !== null) throw new Error(xml);
      const summary = judgementSummary(judgement);
      if (summary.split(/[\n\r]/).length !== counts.summary || /<[a-z!/]|(?<!\\)\]\(|(?<!&#64;|\w)@\w/i.test(summary))
        throw new Error(summary);
      const annotations = judgementAnnotations(judgement);
      if (annotations.split(/[\n\r]/).length !== counts.annotations) throw new Error(annotations);
      for (const line of annotations.trim().split('\n')) if (!/^::(?:error|warning) title=[^:,\n]*::/.test(line)) throw new Error(line);
      for (const [text, length] of [
        [judgementText(judgement), counts.text],
        [comparisonText(judgement.comparison), counts.compared],
      ] as const)
        if (/[^\P{Cc}\n]|\u202e/u.test(text) || text.split('\n').length !== length) throw new Error(JSON.stringify(text));
    });
    await fc.assert(hostile, options);
  });
});
