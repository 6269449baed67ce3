/** Generated answers in results, to be judged. */
import { UserError } from '../errors.js';
import { isObject } from '../is-object.js';
import { fieldsAt, textOrNull } from '../results/fields.js';
import { findResultFiles, readResultFile } from '../results/read.js';
import { sampleLines } from '../results/read-samples.js';
import { findSampleFile } from '../results/sample-name.js';
import { DEFAULT_MARK, findThought } from '../thought.js';
import type { Doc } from '../types.js';

export interface GivenAnswer {
  readonly task: string;
  readonly docId: string;
  readonly docHash: string;
  readonly doc: Doc;
  /** What the model was asked: the last message of a conversation, else the whole prompt. */
  readonly question: string;
  readonly reference: string;
  readonly answer: string;
}

export interface AnswersOf {
  readonly model: string;
  readonly answers: readonly GivenAnswer[];
}

/**
 * Returns the generated answers of one model's results: of each task those of its newest file, the first `limit` of each. Thoughts are
 * taken off, unscored documents left out. Throws `UserError` where there are none, or results of several models.
 */
export async function readAnswers(dir: string, tasks: readonly string[] | null, limit: number | null): Promise<AnswersOf> {
  const files = await Promise.all((await findResultFiles(dir)).map(readResultFile));
  const models = [...new Set(files.map(({ modelName }) => modelName))];
  const [model] = models;
  if (model === undefined) throw new UserError(`no results_*.json in or below ${dir}`);
  if (models.length > 1)
    throw new UserError(`${dir}: holds results of ${models.length} models; name the folder of one: ${models.slice(0, 5).join(', ')}`);
  const newest = new Map<string, (typeof files)[number]>();
  for (const file of [...files].sort((a, b) => a.date - b.date))
    for (const [name, task] of file.tasks)
      if (task.facts?.outputType === 'generate_until' && (tasks === null || tasks.includes(name))) newest.set(name, file);
  const answers: GivenAnswer[] = [];
  for (const [task, file] of newest) {
    const samples = findSampleFile(file.path, task);
    if (samples === null)
      throw new UserError(`${file.path}: no samples of ${task} beside it; judging needs the answers (run without --no-samples)`);
    const mark = textOrNull(fieldsAt(file.eusEval?.settings)['--thinking']) ?? DEFAULT_MARK;
    const seen = new Set<string>();
    for await (const { fields } of sampleLines(samples)) {
      const docId = String(fields.doc_id);
      if (seen.has(docId) || fields.unscored != null || (limit !== null && seen.size >= limit)) continue;
      seen.add(docId);
      const text = firstText(fields.resps);
      const thought = fields.thinking_removed === true ? findThought(text, { mark, awaited: false }, true) : ({ kind: 'none' } as const);
      answers.push({
        task,
        docId,
        docHash: String(fields.doc_hash),
        doc: isDoc(fields.doc) ? fields.doc : {},
        question: questionIn(fields.arguments),
        reference: typeof fields.target === 'string' ? fields.target : JSON.stringify(fields.target),
        answer: thought.kind === 'none' ? text : thought.kind === 'open' ? '' : text.slice(thought.end),
      });
    }
  }
  if (answers.length === 0)
    throw new UserError(
      `${dir}: no generated answers${tasks === null ? '' : ` of ${tasks.join(', ')}`}; only tasks that generate text have some`,
    );
  return { model, answers };
}

/** What was parsed from JSON holds nothing else than values of documents. */
function isDoc(value: unknown): value is Doc {
  return isObject(value);
}

function firstText(resps: unknown): string {
  const first: unknown = Array.isArray(resps) ? resps[0] : null;
  const text: unknown = Array.isArray(first) ? first[0] : first;
  return typeof text === 'string' ? text : '';
}

function questionIn(asked: unknown): string {
  const [request] = Object.values(fieldsAt(asked));
  const prompt = textOrNull(fieldsAt(request).arg_0) ?? '';
  if (!prompt.startsWith('[{')) return prompt;
  try {
    const messages: unknown = JSON.parse(prompt);
    return (Array.isArray(messages) ? textOrNull(fieldsAt(messages.at(-1)).content) : null) ?? prompt;
  } catch {
    return prompt;
  }
}
