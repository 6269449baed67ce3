import { UserError } from '../errors.js';
import type { Topic } from '../metrics/topic.js';
import { didYouMean } from '../suggest.js';
import { wordsOf } from '../terminal/table.js';
import type { Group, Task } from '../types.js';
import { benchmarkLines, topicsOf } from './benchmark.js';
import { comparisonTopics, runTopics } from './comparison-topics.js';
import { safetyTopics } from './safety-topics.js';
import { scoreTopics } from './score-topics.js';
import { statisticsTopics } from './statistics-topics.js';
import { trustTopics } from './trust-topics.js';

/** Everything that is explained besides benchmarks. */
export const topics: readonly Topic[] = [
  ...scoreTopics,
  ...runTopics,
  ...statisticsTopics,
  ...comparisonTopics,
  ...safetyTopics,
  ...trustTopics,
];

/** What `explain` prints, for programs. */
export interface Explanation {
  readonly name: string;
  readonly title: string;
  readonly definition: string;
  readonly formula: readonly string[];
  readonly source: string;
  readonly example: readonly string[];
}

/**
 * Returns the explanation of a metric, statistic or benchmark as text. Names are taken in any case, with blanks, `-` and `_` alike where that is
 * not ambiguous. `entries`: benchmarks, groups and tasks by name.
 * Throws `UserError` with the nearest name for anything unknown.
 */
export function explain(word: string, entries: ReadonlyMap<string, Group | Task>, width = Number.POSITIVE_INFINITY): string {
  const wrap = wrapper(width);
  const topic = findTopic(word);
  if (topic !== null) return topicText(topic, wrap);
  const entry = entries.get(word) ?? [...entries.values()].find(({ name }) => plain(name) === plain(word));
  if (entry === undefined) throw unknown(word, entries);
  const examples = topicsOf(entry).flatMap((name) => topics.filter((one) => one.name === name));
  const head = benchmarkLines(entry).map(wrap).join('\n');
  const scores = examples.map((one) => `${one.name}: ${one.title}\n${indent(wrap(one.definition))}\n\n${exampleText(one, wrap)}\n`);
  const also = `See also: ${'children' in entry ? 'group mean, ' : ''}stderr, prompts fingerprint`;
  const how = scores.length === 0 ? `  by a function of the task's own\n` : scores.join('\n');
  return `${head}\n\nHow it is scored:\n\n${how}\n${also}\n`;
}

/**
 * Returns a topic's fields for `--json`, or null when the word names none.
 */
export function explanationOf(word: string): Explanation | null {
  const topic = findTopic(word);
  if (topic === null) return null;
  const { name, title, definition, formula, source } = topic;
  return { name, title, definition, formula, source, example: topic.example() };
}

/**
 * Returns a list of all names that can be explained.
 */
export function topicList(benchmarks: readonly (Group | Task)[], screenWidth = Number.POSITIVE_INFINITY): string {
  const wrap = wrapper(screenWidth);
  const width = Math.max(...topics.map(({ name }) => name.length));
  const lines = topics.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`);
  return `Metrics and statistics:\n${lines.join('\n')}\n\nBenchmarks:\n${indent(wrap(benchmarks.map(({ name }) => name).join(', ')))}\n`;
}

function findTopic(word: string): Topic | null {
  const exact = topics.find(({ name, also }) => name === word || also.includes(word));
  return exact ?? topics.find(({ name, also }) => [name, ...also].some((one) => plain(one) === plain(word))) ?? null;
}

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}

function unknown(word: string, entries: ReadonlyMap<string, Group | Task>): UserError {
  const names = [...topics.flatMap(({ name, also }) => [name, ...also]), ...entries.keys()];
  return new UserError(
    `unknown metric or benchmark '${word}'; valid: a metric (${topics.map(({ name }) => name).join(', ')}) or a benchmark of 'eus-eval list'; a task of your own is given as its .yaml file, or with --results DIR that has it.${didYouMean(word, names)}`,
  );
}

function topicText(topic: Topic, wrap: (text: string) => string): string {
  const { name, title, definition, formula, source } = topic;
  return `${wrap(`${name}: ${title}`)}\n\n${wrap(definition)}\n\nFormula\n${indent(formula.join('\n'))}\n\nExample\n${exampleText(topic, wrap)}\n\nSource: ${source}\n`;
}

function exampleText(topic: Topic, wrap: (text: string) => string): string {
  return indent(topic.example().map(wrap).join('\n'));
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Longest line of running text: wider ones are hard to read. */
const MEASURE = 98;

/** Breaks a line between words, two columns before the edge. */
function wrapper(width: number): (text: string) => string {
  return (text) => wordsOf(text, Math.min(MEASURE, width - 2)).join('\n');
}
