/**
 * How often the language of an answer is told wrong, by the number of its letters. Prints the counts behind the table of docs/metrics.md.
 * usage: npx vite-node benchmarks/answer-language.ts TEXTS.jsonl   (lines of {"lang": "eu", "text": "..."}, as answer-language-texts.py writes them)
 */
import { readFileSync } from 'node:fs';
import { LEAST_LETTERS, openLanguageTeller } from '../src/scoring/answer-language.js';
import { markdown } from './markdown.js';

const STARTS = [0, 20, 30, LEAST_LETTERS, 80, 160];
const tell = await openLanguageTeller(1);
const counts = new Map<string, Map<string, number>>();
for (const line of readFileSync(process.argv[2] ?? '/dev/stdin', 'utf8')
  .trim()
  .split('\n')) {
  const { lang, text }: { lang: string; text: string } = JSON.parse(line);
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const key = `${lang} ${STARTS.findLastIndex((start) => letters >= start)}`;
  const row = counts.get(key) ?? new Map<string, number>();
  counts.set(key, row);
  const told = tell(text);
  row.set(told, (row.get(told) ?? 0) + 1);
}
const told = ['eu', 'es', 'en', 'other', 'unclear'];
const rows = [...counts].sort().map(([key, row]) => {
  const [lang = '', bin = ''] = key.split(' ');
  const n = [...row.values()].reduce((sum, k) => sum + k, 0);
  return [lang, `from ${STARTS[Number(bin)]}`, String(n), ...told.map((name) => `${((100 * (row.get(name) ?? 0)) / n).toFixed(1)}`)];
});
const header = ['language', 'letters', 'texts', ...told.map((name) => `${name} %`)];
process.stdout.write(`${markdown([header, ...rows], new Set(header.keys()))}\n`);
