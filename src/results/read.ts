/** Reading result files, our own and the harness's: validated, typed, and safe for files that somebody else wrote. */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../errors.js';
import { isRightOrWrong } from '../metrics/registry.js';
import { parsePlainJson, refuseProto } from '../python/plain-json.js';
import { variationName } from '../tasks/vary.js';
import type { Estimate, PromptFamily } from '../types.js';
import { FieldReader, type Fields, fieldsAt, kindOf, numberOrNull, objectAt, readerOf, textOrNull } from './fields.js';
import { partsOfKey, stderrKey } from './score-key.js';

/** Bytes of one result file that are still read; real ones have 4 to 100 kB. */
const MAX_RESULT_BYTES = 64 * 1024 * 1024;
/** Folders below one another that are searched. */
const MAX_FOLDERS = 32;

/** The data set and scoring of a task, as its recorded configuration names them; null where it does not. */
export interface TaskFacts {
  readonly datasetPath: string | null;
  readonly datasetName: string | null;
  readonly testSplit: string | null;
  readonly outputType: string | null;
  /** How answers are drawn, as far as the configuration says; its temperature is 0 where it says nothing. */
  readonly sampling: { readonly temperature: number; readonly topP: number | null; readonly topK: number | null };
}

/** What a task's or group's file says for tables and leaderboards; null where the results do not say. */
export interface TaskAbout {
  readonly headlineMetric: string | null;
  readonly language: string | null;
  readonly category: string | null;
  /** True where the task's own file says language and category, and not only a group around it. */
  readonly describesItself: boolean;
}

/** What a run of ours says about one task. */
export interface OwnTaskFacts {
  /** `match`, `differs`, `no record` or `partial`: whether the prompts are the paper's. */
  readonly prompts: string | null;
  readonly scored: number | null;
}

const FAMILIES: readonly PromptFamily[] = ['plain', 'chat', 'api'];

/** Returns the prompt family of this name, or undefined. */
export function familyNamed(name: unknown): PromptFamily | undefined {
  return FAMILIES.find((family) => family === name);
}

/** One task or group of a result file. */
export interface TaskResult {
  readonly name: string;
  /** Without the harness's indentation. */
  readonly alias: string;
  readonly isGroup: boolean;
  /** Keyed `metric,filter` as in the file. A value may be NaN (legal in Python's JSON); `stderr` is null where there is none. */
  readonly estimates: ReadonlyMap<string, Estimate>;
  readonly nShot: number | null;
  /** As text, an integral float without its `.0`, so that 1 and 1.0 are the same version. */
  readonly version: string | null;
  /** Documents of the whole split (null where the file does not say) and documents evaluated; null for groups and where nothing is said. */
  readonly samples: { readonly original: number | null; readonly effective: number } | null;
  /** The fingerprint of its prompts; null for groups. */
  readonly hash: string | null;
  readonly higherIsBetter: ReadonlyMap<string, boolean>;
  readonly facts: TaskFacts | null;
  readonly about: TaskAbout;
  readonly own: OwnTaskFacts | null;
}

/** One `results_*.json`. */
export interface ResultFile {
  readonly path: string;
  /** Name of the folder that holds it. */
  readonly folder: string;
  readonly modelName: string;
  readonly modelSource: string;
  /** Which model it is, whatever its name; null in files that are older or not ours. */
  readonly modelIdentity: string | null;
  /** `model_args`, whether they were written as `a=b,c=d` or as an object. */
  readonly modelArgs: ReadonlyMap<string, string>;
  /** Number of parameters, null where unknown (APIs). */
  readonly parameters: number | null;
  /** Seconds since the epoch. */
  readonly date: number;
  readonly family: PromptFamily;
  /** sha256 of the chat template, null without one. */
  readonly chatTemplateSha: string | null;
  readonly systemInstruction: string | null;
  readonly fewshotAsMultiturn: boolean;
  /** Other few-shot examples than the tasks' files say, e.g. `num_fewshot=0` or `fewshot_seed=7`; empty for those of the files. */
  readonly variation: string;
  /** `config.limit`: documents per task, or null. */
  readonly limit: number | null;
  /** Seconds that the evaluation took, and what the API asked for it in US dollars; null where the file does not say. */
  readonly seconds: number | null;
  readonly usd: number | null;
  /** Tasks and groups, in the file's order. */
  readonly tasks: ReadonlyMap<string, TaskResult>;
  readonly groupSubtasks: ReadonlyMap<string, readonly string[]>;
  /** The version of this program that wrote it, null for the harness's files. */
  readonly eusEvalVersion: string | null;
  /** Said of a run whose numbers mean nothing. */
  readonly remark: string | null;
  /** Which part of a run it is (index from 1), null for a whole one. */
  readonly shard: { readonly index: number; readonly count: number } | null;
  /** The `eus_eval` object as it stands, for what has no field above. */
  readonly eusEval: Readonly<Record<string, unknown>> | null;
}

/**
 * Returns the absolute paths of all `results_*.json` below a folder; see `findFiles`.
 */
export function findResultFiles(dir: string): Promise<string[]> {
  return findFiles(dir, isResultFile);
}

/**
 * Returns the absolute paths of the files below a folder that `accepts` takes, sorted. A path of a file is returned as it is. Linked folders are
 * followed once. Throws `UserError` when the path does not exist or cannot be read.
 */
export async function findFiles(dir: string, accepts: (file: string) => boolean): Promise<string[]> {
  const root = path.resolve(dir);
  if (await isFile(root, dir)) return [root];
  const found: string[] = [];
  const seen = new Set<string>();
  async function walk(folder: string, depth: number): Promise<void> {
    if (depth > MAX_FOLDERS) throw new UserError(`${folder}: folders are nested deeper than ${MAX_FOLDERS}`);
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const full = path.join(folder, entry.name);
      const linked = entry.isSymbolicLink() ? await stat(full).catch(() => null) : null;
      if (entry.isDirectory() || linked?.isDirectory()) await walk(full, depth + 1);
      else if (accepts(full) && (entry.isFile() || linked?.isFile())) found.push(full);
    }
  }
  try {
    await walk(root, 0);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read the folder ${dir}: ${messageOf(error)}`);
  }
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * Tells whether a file is a results file by its name.
 */
export function isResultFile(file: string): boolean {
  const name = path.basename(file);
  return name.startsWith('results') && name.endsWith('.json');
}

async function isFile(full: string, given: string): Promise<boolean> {
  try {
    return (await stat(full)).isFile();
  } catch (error) {
    throw new UserError(
      systemCode(error) === 'ENOENT'
        ? `no such folder: ${given}; expected one that holds results_*.json`
        : `cannot read ${given}: ${messageOf(error)}`,
    );
  }
}

/**
 * Reads and validates one result file. Throws `UserError` naming the file and the field when it is too large, no JSON, or not a result file.
 */
export async function readResultFile(file: string): Promise<ResultFile> {
  return resultFileOf(await readResultContent(file), file);
}

/**
 * Returns the JSON of a result file, not validated. Throws `UserError` naming the file when it cannot be read, is too large, or no JSON.
 */
export async function readResultContent(file: string): Promise<unknown> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > MAX_RESULT_BYTES) throw new UserError(`${file}: ${size} bytes; a result file of at most ${MAX_RESULT_BYTES} is read`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${file}: ${messageOf(error)}`);
  }
  try {
    return parsePlainJson(text);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${file}: ${error.message}`) : error;
  }
}

/**
 * Validates the parsed content of a result file that came from `file`. Throws `UserError` naming the file and the field.
 */
export function resultFileOf(content: unknown, file: string): ResultFile {
  try {
    return validated(content, file);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${file}: ${error.message}`) : error;
  }
}

function validated(content: unknown, file: string): ResultFile {
  const root = new FieldReader(objectAt(content, 'the file'));
  refuseProto(content);
  const results = root.object('results');
  if (results === null) throw new UserError('results: missing; a result file has an object of tasks here');
  const config = root.below('config');
  const own = root.below('eus_eval');
  const modelArgs = argumentsOf(config.value('model_args'));
  const modelSource = root.text('model_source') ?? config.text('model') ?? 'unknown';
  const modelName = root.text('model_name') ?? modelArgs.get('pretrained') ?? modelArgs.get('model');
  if (modelName === undefined || modelName === '') throw new UserError('model_name: missing; expected the name of the model');
  const date = root.number('date');
  if (date === null || !Number.isFinite(date)) throw new UserError('date: missing or not a number; expected seconds since 1970');
  const template = root.text('chat_template') || null;
  const groupSubtasks = new Map(
    Object.entries(root.below('group_subtasks').fields).map(([group, names]) => [group, texts(names, `group_subtasks.${group}`)]),
  );
  const groups = new Set([
    ...Object.keys(root.below('groups').fields),
    ...[...groupSubtasks].flatMap(([group, names]) => (names.length > 0 ? [group] : [])),
  ]);
  const shard = own.object('shard');
  const tables = {
    versions: root.below('versions'),
    nShot: root.below('n-shot'),
    samples: root.below('n-samples'),
    hashes: root.below('task_hashes'),
    higher: root.below('higher_is_better'),
    configs: root.below('configs'),
    own: own.below('tasks'),
    about: own.below('about'),
  };
  return {
    path: file,
    folder: path.basename(path.dirname(path.resolve(file))),
    modelName,
    modelSource,
    modelIdentity: root.text('model_identity'),
    modelArgs,
    parameters: config.number('model_num_parameters'),
    date,
    family: familyOf(own.text('prompt'), modelSource, template),
    chatTemplateSha: template === null ? null : createHash('sha256').update(template).digest('hex'),
    systemInstruction: root.text('system_instruction'),
    fewshotAsMultiturn: root.value('fewshot_as_multiturn') === true,
    variation: variationIn(own.below('settings'), config.value('fewshot_seed')),
    limit: config.number('limit'),
    seconds: positive(root.value('total_evaluation_time_seconds')),
    usd: positive(fieldsAt(fieldsAt(own.value('work')).details).cost_usd),
    tasks: new Map(
      Object.entries(results.fields).map(([name, scores]) => [
        name,
        taskOf(name, readerOf(scores, `results.${name}`), groups.has(name), tables),
      ]),
    ),
    groupSubtasks,
    eusEvalVersion: own.text('version'),
    remark: own.text('remark'),
    shard: shard === null ? null : { index: shard.statedCount('index'), count: shard.statedCount('count') },
    eusEval: root.object('eus_eval')?.fields ?? null,
  };
}

type Tables = Readonly<Record<'versions' | 'nShot' | 'samples' | 'hashes' | 'higher' | 'configs' | 'own' | 'about', FieldReader>>;

function taskOf(name: string, scores: FieldReader, isGroup: boolean, tables: Tables): TaskResult {
  const samples = tables.samples.below(name);
  const [effective, original] = [samples.count('effective'), samples.count('original')];
  const config = tables.configs.object(name);
  const own = tables.own.object(name);
  return {
    name,
    alias: (scores.text('alias') ?? name).replace(/^ *- /, ''),
    isGroup,
    estimates: estimatesOf(scores),
    nShot: tables.nShot.number(name),
    version: versionOf(tables.versions.value(name)),
    samples: effective === null ? null : { original, effective },
    hash: tables.hashes.text(name) || null,
    higherIsBetter: new Map(
      // The harness writes null for a group whose tasks disagree: the direction is not known.
      Object.entries(tables.higher.below(name).fields).flatMap(([metric, higher]) =>
        typeof higher === 'boolean' ? [[metric, higher] as const] : [],
      ),
    ),
    facts: config && {
      datasetPath: config.text('dataset_path'),
      datasetName: config.text('dataset_name'),
      testSplit: config.text('test_split'),
      outputType: config.text('output_type'),
      sampling: samplingOf(fieldsAt(config.value('generation_kwargs'))),
    },
    about: aboutOf(fieldsAt(tables.about.object(name)?.fields ?? config?.value('metadata')), fieldsAt(config?.value('metadata'))),
    own: own && { prompts: own.text('prompts'), scored: own.count('scored') },
  };
}

function samplingOf({ temperature, top_p, top_k }: Fields): TaskFacts['sampling'] {
  return { temperature: numberOrNull(temperature) ?? 0, topP: numberOrNull(top_p), topK: numberOrNull(top_k) };
}

/** What `--num-fewshot` and a seed of the draws changed. */
function variationIn(settings: FieldReader, seed: unknown): string {
  return variationName(textOrNull(settings.value('--num-fewshot')), typeof seed === 'number' ? seed : null);
}

/** The metadata that counts for a task and that of its own file, which may be anything in a file of the harness. */
function aboutOf(metadata: Fields, own: Fields): TaskAbout {
  const reader = new FieldReader(metadata);
  const text = (name: string, from = reader): string | null => textOrNull(from.value(name)) || null;
  const ownReader = new FieldReader(own);
  return {
    headlineMetric: text('headline_metric'),
    language: text('language'),
    category: text('category'),
    describesItself: text('language', ownReader) !== null && text('category', ownReader) !== null,
  };
}

/** Seconds, which the harness writes as a text, or a cost. */
function positive(value: unknown): number | null {
  const number = numberOrNull(value);
  return number === null || number < 0 ? null : number;
}

/** `acc,none` with its `acc_stderr,none`, which is `"N/A"` where there is none. */
function estimatesOf(scores: FieldReader): Map<string, Estimate> {
  const estimates = new Map<string, Estimate>();
  for (const key of Object.keys(scores.fields)) {
    const [metric, filter] = partsOfKey(key);
    if (filter === '' || metric.endsWith('_stderr') || scores.value(key) === 'N/A') continue;
    const value = scores.number(key);
    const field = scores.path + key;
    if (value === null) throw new UserError(`${field}: expected a number, found null`);
    const stderr = scores.value(stderrKey(key));
    if (stderr !== 'N/A' && stderr !== null && typeof stderr !== 'number')
      throw new UserError(`${field}: its standard error is ${kindOf(stderr)}; expected a number or "N/A"`);
    const error = typeof stderr === 'number' && !Number.isNaN(stderr) ? stderr : null;
    possible(field, metric, value, error);
    estimates.set(key, { value, stderr: error });
  }
  return estimates;
}

/** Means of outcomes from 0 to 1 lie there too, and their standard error is at most 0.5 (two documents, one right). */
function possible(field: string, metric: string, value: number, stderr: number | null): void {
  const share = isRightOrWrong(metric);
  if (share && (value < 0 || value > 1)) throw new UserError(`${field}: ${value}; expected a share from 0 to 1`);
  if (stderr !== null && !(stderr >= 0 && stderr < Number.POSITIVE_INFINITY && (!share || stderr <= 0.5 + 1e-9)))
    throw new UserError(`${field}: its standard error is ${stderr}; expected a number from 0${share ? ' to 0.5' : ''}, or "N/A"`);
}

function familyOf(said: string | null, source: string, template: string | null): PromptFamily {
  const family = familyNamed(said);
  if (family !== undefined) return family;
  if (/chat-completions|^openai$|^anthropic$/.test(source)) return 'api';
  return template === null ? 'plain' : 'chat';
}

function argumentsOf(value: unknown): Map<string, string> {
  const args = new Map<string, string>();
  if (typeof value === 'string') {
    for (const part of value.split(',')) {
      const equals = part.indexOf('=');
      if (equals > 0) args.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
    }
  } else if (value !== undefined && value !== null) {
    for (const [key, v] of Object.entries(objectAt(value, 'config.model_args'))) {
      if (typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean') args.set(key, String(v));
    }
  }
  return args;
}

function versionOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== 'N/A' ? value : null;
}

function texts(value: unknown, field: string): string[] {
  if (!Array.isArray(value)) throw new UserError(`${field}: expected a list of names, found ${kindOf(value)}`);
  return value.map((item: unknown, i) => {
    if (typeof item !== 'string') throw new UserError(`${field}[${i}]: expected a text, found ${kindOf(item)}`);
    return item;
  });
}
