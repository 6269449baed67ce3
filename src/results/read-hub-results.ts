/** `.eval_results/*.yaml` of model repositories on the hub read as results: those that `publish` writes, and others as far as they say what they measure. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { messageOf, UserError } from '../errors.js';
import { type Fields, fieldsAt, numberOrNull } from './fields.js';
import { familyNamed, type ResultFile, resultFileOf } from './read.js';
import { stderrKey } from './score-key.js';

const FOLDER = '.eval_results';
/** Bytes of one file that are still read; real ones have some hundred. */
const MAX_BYTES = 1024 * 1024;

/** What the file says, and what in it cannot be read as a result. */
export interface HubResults {
  readonly files: readonly ResultFile[];
  readonly notes: readonly string[];
}

/**
 * Tells whether a path is a file of results in a model's repository.
 */
export function isHubResult(file: string): boolean {
  return path.basename(path.dirname(file)) === FOLDER && /\.ya?ml$/.test(file);
}

/**
 * Reads one file as results files, one for each date and prompt family. The model is called as the folders above: `hub/ORG/NAME` of a published folder, else the
 * repository's folder. An entry that does not say its metric is left out with a note. Throws `UserError` naming file and field when the file is broken.
 */
export async function readHubResults(file: string): Promise<HubResults> {
  const entries = await entriesOf(file);
  const notes: string[] = [];
  const runs = new Map<string, { readonly first: Entry; readonly entries: Entry[] }>();
  for (const [i, fields] of entries.entries()) {
    const entry = entryOf(fields, `${file}: entry ${i + 1}`);
    if (typeof entry === 'string') {
      notes.push(entry);
      continue;
    }
    const key = `${entry.date} ${entry.family}`;
    const run = runs.get(key) ?? { first: entry, entries: [] };
    run.entries.push(entry);
    runs.set(key, run);
  }
  const model = modelOf(file);
  return {
    files: [...runs.values()].map((run) => ({ ...resultFileOf(contentOf(run.entries, run.first, model), file), family: run.first.family })),
    notes,
  };
}

async function entriesOf(file: string): Promise<readonly unknown[]> {
  let content: unknown;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new UserError(`${file}: ${size} bytes; at most ${MAX_BYTES} are read`);
    content = parse(await readFile(file, 'utf8'), { maxAliasCount: 0 });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file}: ${messageOf(error).split('\n')[0]}`);
  }
  if (!Array.isArray(content)) throw new UserError(`${file}: expected a list of results`);
  return content;
}

type Entry = Exclude<ReturnType<typeof entryOf>, string>;

/** An entry with the key of its score (`metric,filter`) and its date in seconds since 1970, or why it cannot be one. */
function entryOf(value: unknown, at: string) {
  const fields = fieldsAt(value);
  const dataset = fieldsAt(fields.dataset);
  if (typeof dataset.id !== 'string' || typeof dataset.task_id !== 'string')
    throw new UserError(`${at}: dataset.id and dataset.task_id: expected texts`);
  if (typeof fields.value !== 'number' || !Number.isFinite(fields.value)) throw new UserError(`${at}: value: expected a number`);
  const notes = typeof fields.notes === 'string' ? fields.notes.split('; ') : [];
  const [by = '', task, score = ''] = notes;
  const program = /^eus-eval(?: (\S+))?/.exec(by);
  const metric = /^([\w@.-]+,[^ ]+)( in percent)?$/.exec(score);
  if (program === null || task === undefined || metric?.[1] === undefined)
    return `${at} (${dataset.task_id} of ${dataset.id}) is left out: it does not say its metric and scale`;
  const factor = metric[2] === undefined ? 1 : 100;
  const said = (pattern: RegExp): string | undefined => notes.map((note) => pattern.exec(note)?.[1]).find((text) => text !== undefined);
  const error = numberOrNull(said(/^standard error (\S+)$/));
  const date = typeof fields.date === 'string' || fields.date instanceof Date ? new Date(fields.date).getTime() / 1000 : 0;
  return {
    task,
    dataset: dataset.id,
    key: metric[1],
    value: fields.value / factor,
    stderr: error === null ? null : error / factor,
    documents: numberOrNull(said(/^(\d+) documents$/)),
    shots: numberOrNull(said(/^(\d+)-shot$/)),
    paper: notes.includes("the paper's prompts"),
    family: familyNamed(said(/^(\w+) prompt$/)) ?? 'plain',
    version: program[1]?.startsWith('(') ? null : (program[1] ?? null),
    date: Number.isFinite(date) ? date : 0,
  };
}

function contentOf(entries: readonly Entry[], first: Entry, model: string): Fields {
  const each = <T>(of: (entry: Entry) => T | null) =>
    Object.fromEntries(entries.flatMap((entry) => (of(entry) === null ? [] : [[entry.task, of(entry)] as const])));
  return {
    results: each(({ task, key, value, stderr }) => ({ alias: task, [key]: value, [stderrKey(key)]: stderr ?? 'N/A' })),
    'n-samples': each(({ documents }) => (documents === null ? null : { original: documents, effective: documents })),
    'n-shot': each(({ shots }) => shots),
    configs: each(({ dataset }) => ({ dataset_path: dataset })),
    date: first.date,
    model_name: model,
    model_source: 'hub',
    ...(first.version === null
      ? {}
      : { eus_eval: { version: first.version, prompt: first.family, tasks: each(({ paper }) => (paper ? { prompts: 'match' } : null)) } }),
  };
}

/** `.../hub/ORG/NAME/.eval_results/x.yaml` is ORG/NAME; elsewhere the repository's folder is the name. */
function modelOf(file: string): string {
  const parts = path.resolve(file).split(path.sep).slice(0, -2);
  const hub = parts.lastIndexOf('hub');
  const below = hub < 0 ? [] : parts.slice(hub + 1);
  return below.length === 1 || below.length === 2 ? below.join('/') : (parts.at(-1) ?? 'model');
}
