/** One document of a sample file for reading: what was asked, what was answered, and what each filter made of it. */
import { at } from '../at.js';
import { messageOf, UserError } from '../errors.js';
import { isObject } from '../is-object.js';
import { type RecordedScore, recordedChoice, recordedScores } from '../metrics/recorded-choice.js';
import { parsePlainJson } from '../python/plain-json.js';
import { type Fields, fieldsAt, textOrNull } from '../results/fields.js';
import { partsOfKey } from '../results/score-key.js';
import { marginIn } from './index-file.js';
import { type DocumentView, type Message, NOTES } from './protocol.js';
import { questionStart, textsIn } from './split-prompt.js';

/**
 * Returns the view of a document from its lines, one per filter. `metric` is the key of the headline score, `acc,none`; `delimiter` stands between the few-shot examples of its task.
 * Throws `UserError` when a line is no JSON object.
 */
export function documentView(task: string, lines: readonly string[], metric: string, delimiter: string): DocumentView {
  const parsed = lines.map(fieldsOf);
  const [first = {}] = parsed;
  const requests = Object.values(fieldsAt(first.arguments)).filter(isObject);
  const prompt = textOf(requests[0]?.arg_0);
  const messages = messagesOf(prompt);
  const texts = [...textsIn(first.doc)];
  const start = messages === null ? questionStart(prompt, texts, delimiter) : 0;
  const scores = recordedScores(first.filtered_resps);
  const continuations = requests.flatMap(({ arg_1 }) => (typeof arg_1 === 'string' ? [arg_1] : []));
  // Mutual information asks for each choice a second time, behind an empty prompt.
  const asked = metricNamesOf(first).includes('acc_mutual_info') ? continuations.length / 2 : continuations.length;
  const choices = continuations.length > 0 && continuations.length === requests.length ? continuations.slice(0, asked) : null;
  const gold = Number(first.target);
  return {
    task,
    docId: typeof first.doc_id === 'number' || typeof first.doc_id === 'string' ? first.doc_id : '',
    docHash: textOf(first.doc_hash),
    promptHash: textOf(first.prompt_hash),
    shots: messages === null ? prompt.slice(0, start) : '',
    question: messages === null ? prompt.slice(start) : at(messages, messages.length - 1).content,
    messages,
    choices:
      choices === null
        ? null
        : choices.map((text, i) => ({ text: text.trim(), logprob: scores?.[i]?.[0] ?? null, greedy: scores?.[i]?.[1] ?? false })),
    target: choices !== null && Number.isInteger(gold) ? gold : null,
    targetText: choices === null ? textOf(first.target) : (choices[gold]?.trim() ?? textOf(first.target)),
    predicted: typeof first.predicted === 'number' ? first.predicted : chosenOf(choices, scores, metric, metricNamesOf(first)),
    margin: typeof first.margin === 'number' ? first.margin : scores === null ? null : marginIn(scores.map(([logprob]) => logprob)),
    generated: choices === null ? generatedIn(first.resps) : null,
    filters: choices === null || parsed.length > 1 ? parsed.map(filterOf) : [filterOf(first)],
    finish: textOrNull(first.finish),
    language: textOrNull(first.language),
    notes: NOTES.filter((name) => parsed.some((fields) => fields[name] === true)),
    truncatedTokens: Number(first.truncated_tokens ?? 0) || 0,
    unscored: first.unscored === undefined || first.unscored === null || first.unscored === false ? null : textOf(first.unscored),
    error: textOrNull(first.error),
    doc: JSON.stringify(first.doc, null, 2) ?? '',
  };
}

function fieldsOf(line: string): Fields {
  let value: unknown;
  try {
    value = parsePlainJson(line);
  } catch (error) {
    throw new UserError(`a document cannot be read: ${messageOf(error)}`);
  }
  return fieldsAt(value);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : (JSON.stringify(value) ?? '');
}

/** Prompts of APIs are recorded as the JSON of their messages. */
function messagesOf(prompt: string): readonly Message[] | null {
  if (!prompt.startsWith('[{')) return null;
  try {
    const value: unknown = JSON.parse(prompt);
    if (!Array.isArray(value) || value.length === 0) return null;
    const messages = value.flatMap((m: unknown) =>
      isObject(m) && typeof m.role === 'string' && typeof m.content === 'string' ? [{ role: m.role, content: m.content }] : [],
    );
    return messages.length === value.length ? messages : null;
  } catch {
    return null;
  }
}

/** The choice that the headline metric takes; files of the harness do not say it. */
function chosenOf(
  choices: readonly string[] | null,
  scores: readonly RecordedScore[] | null,
  metric: string,
  metrics: readonly string[],
): number | null {
  if (choices === null || scores === null || scores.length < choices.length) return null;
  const [name] = partsOfKey(metric);
  const texts = choices.map((choice) => choice.trim());
  return recordedChoice(name, texts, scores, metrics.includes('bias'));
}

function metricNamesOf(fields: Fields): string[] {
  return Array.isArray(fields.metrics) ? fields.metrics.filter((name): name is string => typeof name === 'string') : [];
}

/** The first answer to the first request. */
function generatedIn(resps: unknown): string | null {
  const first: unknown = Array.isArray(resps) ? resps[0] : null;
  const text: unknown = Array.isArray(first) ? first[0] : first;
  return text === null || text === undefined ? null : textOf(text);
}

function filterOf(fields: Fields): DocumentView['filters'][number] {
  const names = metricNamesOf(fields);
  const filtered: unknown = Array.isArray(fields.filtered_resps) ? fields.filtered_resps[0] : fields.filtered_resps;
  return {
    name: textOrNull(fields.filter) ?? 'none',
    taken: Array.isArray(filtered) ? '' : textOf(filtered),
    metrics: Object.fromEntries(names.flatMap((name) => (Object.hasOwn(fields, name) ? [[name, textOf(fields[name])]] : []))),
  };
}
