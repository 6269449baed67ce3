/** From result files to one candidate a benchmark and model: what counts, and what is left out, with a note. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { UserError } from '../errors.js';
import { leavesOf as leavesBelow, treeOf } from '../results/group-tree.js';
import type { ResultFile, TaskResult } from '../results/read.js';
import { findFiles, isResultFile, readResultFile } from '../results/read.js';
import { isHubResult, readHubResults } from '../results/read-hub-results.js';
import { isRecordName, readRecord } from '../results/read-record.js';
import type { PromptFamily } from '../types.js';
import { API_METRIC_KEY, factorOf } from './benchmarks.js';
import { type Benchmark, LANGUAGES } from './columns.js';
import type { Note } from './notes.js';
import { knownSum } from './statistics.js';

/** The result of one benchmark in one file, as far as the leaderboard needs it. */
export interface Measurement {
  readonly benchmark: string;
  readonly path: string;
  /** Seconds since the epoch. */
  readonly date: number;
  /** In percent; null when the file names the benchmark without a usable number. */
  readonly value: number | null;
  /** In percent points; null where there is none. */
  readonly stderr: number | null;
  /** The bias score of a bias benchmark, -100 to 100. */
  readonly bias: number | null;
  readonly higherIsBetter: boolean;
  /** Documents evaluated, scored and of the whole benchmark; null where the file does not say. */
  readonly documents: number | null;
  readonly scored: number | null;
  readonly original: number | null;
  /** Documents behind it as far as can be told, for picking one of several: those scored, else those of the file's limit, else the whole benchmark. */
  readonly weight: number;
  /** Tasks of a group that the file has no results of. */
  readonly absent: readonly string[];
  readonly family: PromptFamily;
  /** What besides the family shapes prompts: the chat template's digest, the system instruction, multi-turn. Only within one setting can fingerprints agree. */
  readonly setting: string;
  /** Digest of the prompts; of the leaves' digests for a group. */
  readonly fingerprint: string | null;
  /** The leaves' own fingerprints (one for a plain task). */
  readonly hashes: ReadonlyMap<string, string>;
  readonly version: string | null;
  readonly nShot: number | null;
  readonly eusEvalVersion: string | null;
  /** Of a run with `--limit`: some of the documents only. */
  readonly trial: boolean;
}

/** A result file, reduced. */
export interface FileSummary {
  readonly file: ResultFile;
  readonly measurements: readonly Measurement[];
}

export interface Collected {
  readonly summaries: readonly FileSummary[];
  /** The benchmarks that were given, and the user's own that the files themselves describe. */
  readonly benchmarks: readonly Benchmark[];
  readonly notes: readonly Note[];
  /** There is nothing but trial runs. */
  readonly onlyTrials: boolean;
}

/** A folder or file of results, or results that were read already. */
export type ResultSource = string | ResultFile;

/**
 * Returns what a source is called in messages.
 */
export function nameOf(source: ResultSource): string {
  return typeof source === 'string' ? source : source.path;
}

/**
 * Reads all result files below folders. A file that cannot be read is left out with a note, as are files of single shards, tasks that are no benchmark of the
 * leaderboard, and results of trial runs (`--limit`) unless there are no others. A task whose file says its language and category gets a column of its own.
 * Throws `UserError` when there is no result file, or none that can be read.
 */
export async function collect(dirs: readonly ResultSource[], benchmarks: readonly Benchmark[]): Promise<Collected> {
  const found = await Promise.all(dirs.map(async (from) => (typeof from === 'string' ? findFiles(from, isReadable) : [from])));
  const sources = [...new Set(found.flat())];
  if (sources.length === 0)
    throw new UserError(`no results_*.json, records of Every Eval Ever or .eval_results/*.yaml below ${dirs.map(nameOf).join(', ')}`);
  const known = new Set(benchmarks.flatMap((b) => (b.own === true ? [b.name] : [b.name, ...b.leaves])));
  const columns = [...benchmarks];
  const foreign = new Set<string>();
  const inside = new Set<string>();
  const remarks = new Map<string, Set<string>>();
  let shards = 0;
  const summaries: FileSummary[] = [];
  const others = new Set<string>();
  const broken: Broken[] = [];
  for await (const { file, notes: unread, error } of readAll(sources)) {
    for (const note of unread) others.add(note);
    if (error !== null) broken.push(error);
    if (file === null) continue;
    if (file.shard !== null && file.shard.count > 1) {
      shards++;
      continue;
    }
    const own = ownColumns(file, known, columns);
    const measurements = measurementsOf(file, [...columns, ...own]);
    if ('message' in measurements) {
      broken.push(measurements);
      continue;
    }
    columns.push(...own);
    for (const { name } of own) known.add(name);
    for (const text of file.remark?.split('; ') ?? []) remarks.set(text, (remarks.get(text) ?? new Set()).add(file.modelName));
    const groups = groupsIn(file, columns);
    for (const { name, isGroup, estimates } of file.tasks.values()) {
      if (known.has(name) || groups.get(name)?.ofColumn === true) continue;
      const whole = groups.get(name)?.group ?? variantOf(name, file);
      if (whole !== undefined) inside.add(`${name} (${whole})`);
      else if (!isGroup || (estimates.size > 0 && !gathersColumns(name, file, known))) foreign.add(name);
    }
    // The rest of the file is let go, so that thousands of files fit.
    summaries.push({ file: { ...file, tasks: new Map(), groupSubtasks: new Map(), eusEval: null }, measurements });
  }
  const [first] = broken;
  if (first !== undefined && broken.length === sources.length)
    throw new UserError(
      broken.length === 1 ? first.message : `none of ${broken.length} result files can be read; the first: ${first.message}`,
    );
  const notes: Note[] =
    broken.length === 0 ? [] : [{ key: 'broken', values: { n: broken.length, names: shortList(broken.map(shortLine), 6, '; ') } }];
  for (const [text, models] of remarks) notes.push({ key: 'remark', values: { model: shortList([...models]), text } });
  for (const text of others) notes.push({ key: 'unread', values: { text } });
  if (shards > 0) notes.push({ key: 'shards', values: { n: shards } });
  if (foreign.size > 0) notes.push({ key: 'foreign', values: { names: shortList([...foreign].sort()) } });
  if (inside.size > 0) notes.push({ key: 'inside', values: { names: shortList([...inside].sort()) } });
  const distinct = withoutCopies(summaries, notes);
  const trials = distinct.flatMap((s) => s.measurements.flatMap((m) => (m.trial ? [{ model: s.file.modelName }] : [])));
  const onlyTrials = trials.length > 0 && distinct.every((s) => s.measurements.every((m) => m.trial));
  if (onlyTrials) notes.push({ key: 'onlyTrials', values: {} });
  else if (trials.length > 0)
    notes.push({ key: 'trials', values: { n: trials.length, names: shortList([...new Set(trials.map((t) => t.model))].sort()) } });
  const kept = onlyTrials ? distinct : distinct.map((s) => ({ ...s, measurements: s.measurements.filter((m) => !m.trial) }));
  return { summaries: kept, benchmarks: columns, notes, onlyTrials };
}

/**
 * Columns of tasks and groups that are none of the known ones but say where they belong, groups first. What a group of the file has in it has no column
 * beside it, the groups within EusExams as little as tasks, unless the group is the user's own and the task's own file says language and category.
 */
function ownColumns(file: ResultFile, known: ReadonlySet<string>, columns: readonly Benchmark[]): Benchmark[] {
  const groups = groupsIn(file, columns);
  const entries = [...file.tasks.values()].sort((a, b) => Number(b.isGroup) - Number(a.isGroup));
  return entries.flatMap((task) => {
    const { headlineMetric, language: said, category, describesItself } = task.about;
    const language = LANGUAGES.find((l) => l === said);
    const around = groups.get(task.name);
    if (around !== undefined && (around.ofBuiltIn || !describesItself)) return [];
    if (known.has(task.name) || language === undefined || category === null) return [];
    const metricKey = headlineKey(task, headlineMetric);
    if (metricKey === null) return [];
    const leaves = task.isGroup ? leavesBelow(task.name, file.groupSubtasks).filter((name) => name !== task.name) : [task.name];
    const lower = task.higherIsBetter.get(metricKey.slice(0, metricKey.indexOf(','))) === false;
    return [
      {
        name: task.name,
        language,
        category,
        metricKey,
        own: true,
        documents: null,
        leaves,
        ...(lower ? { lowerIsBetter: true } : {}),
        ...(around === undefined ? {} : { within: around.group }),
      },
    ];
  });
}

/** Whether every part of a group has a column: the group only sums them up (BertaQA's in the paper's files). */
function gathersColumns(group: string, { groupSubtasks }: ResultFile, known: ReadonlySet<string>): boolean {
  const parts = leavesBelow(group, groupSubtasks).filter((name) => name !== group);
  return parts.length > 0 && parts.every((name) => known.has(name));
}

/** The task of the file that a name is a prompt variant of (`task@variant`). */
function variantOf(name: string, { tasks }: ResultFile): string | undefined {
  const task = name.slice(0, Math.max(0, name.lastIndexOf('@')));
  return tasks.has(task) ? task : undefined;
}

/** The outermost group around each part of a group in a file, and whether that is a column. */
function groupsIn(
  { groupSubtasks }: ResultFile,
  columns: readonly Benchmark[],
): ReadonlyMap<string, { readonly group: string; readonly ofColumn: boolean; readonly ofBuiltIn: boolean }> {
  const parts = new Set([...groupSubtasks].flatMap(([group, names]) => names.filter((name) => name !== group)));
  const found = new Map<string, { group: string; ofColumn: boolean; ofBuiltIn: boolean }>();
  for (const group of groupSubtasks.keys()) {
    const column = columns.find(({ name }) => name === group);
    // A group of the package inside one of the user's own keeps its parts.
    if (parts.has(group) && column === undefined) continue;
    for (const name of treeOf(group, groupSubtasks)) {
      if (name === group || found.get(name)?.ofBuiltIn === true) continue;
      found.set(name, { group, ofColumn: column !== undefined, ofBuiltIn: column !== undefined && column.own !== true });
    }
  }
  return found;
}

/** The key of a task's headline score, null where the file has no such score. */
function headlineKey({ estimates }: TaskResult, headline: string | null): string | null {
  const keys = [...estimates.keys()];
  if (headline === null) return keys[0] ?? null;
  return keys.find((key) => key === headline || key === `${headline},none`) ?? keys.find((key) => key.startsWith(`${headline},`)) ?? null;
}

/** What a leaderboard is made of: results files, records of Every Eval Ever, and results in repositories of the hub. */
function isReadable(file: string): boolean {
  return isResultFile(file) || isRecordName(path.basename(file)) || isHubResult(file);
}

/** Entries of the hub say least: they count where nothing else has a model's result of the benchmark. */
function withoutCopies(summaries: readonly FileSummary[], notes: Note[]): FileSummary[] {
  const keyOf = ({ file }: FileSummary, benchmark: string): string => JSON.stringify([file.modelName, file.family, benchmark]);
  const fromHub = (summary: FileSummary): boolean => isHubResult(summary.file.path);
  const known = new Set(summaries.filter((s) => !fromHub(s)).flatMap((s) => s.measurements.map((m) => keyOf(s, m.benchmark))));
  let left = 0;
  const kept = summaries.flatMap((summary) => {
    if (!fromHub(summary)) return [summary];
    const measurements = summary.measurements.filter((m) => !known.has(keyOf(summary, m.benchmark)));
    left += summary.measurements.length - measurements.length;
    return measurements.length === 0 ? [] : [{ ...summary, measurements }];
  });
  if (left > 0) notes.push({ key: 'hubCopies', values: { n: left } });
  return kept;
}

/** Files read at once: enough to hide the disk, few enough to be held. */
const AT_ONCE = 32;

/** Reads files in order, some ahead. */
async function* readAll(sources: readonly ResultSource[]): AsyncGenerator<Read> {
  for (let from = 0; from < sources.length; from += AT_ONCE) {
    const read = sources.slice(from, from + AT_ONCE).map(async (one) => (typeof one === 'string' ? readAny(one) : [whole(one)]));
    yield* (await Promise.all(read)).flat();
  }
}

/** A results file, what in it could not be read as a result, or why none of it could. */
interface Read {
  readonly file: ResultFile | null;
  readonly notes: readonly string[];
  readonly error: Broken | null;
}

/** A file that cannot be read, and the line that says why, which names the file by its path. */
interface Broken {
  readonly path: string;
  readonly message: string;
}

function whole(file: ResultFile): Read {
  return { file, notes: [], error: null };
}

async function readAny(file: string): Promise<Read[]> {
  try {
    if (isRecordName(path.basename(file))) return [whole(await readRecord(file))];
    if (!isHubResult(file)) return [whole(await readResultFile(file))];
    const { files, notes } = await readHubResults(file);
    return [{ file: null, notes, error: null }, ...files.map(whole)];
  } catch (error) {
    return [{ file: null, notes: [], error: brokenBy(error, file) }];
  }
}

function brokenBy(error: unknown, file: string): Broken {
  if (!(error instanceof UserError)) throw error;
  return { path: file, message: error.message };
}

/** Where others read it, the folders of this machine are nobody's business. */
function shortLine({ path: file, message }: Broken): string {
  return message.replaceAll(file, sourceName(file));
}

/**
 * Returns `folder/file` of a path: how the board calls a result file.
 */
export function sourceName(file: string): string {
  return `${path.basename(path.dirname(file))}/${path.basename(file)}`;
}

/** What the columns measure in a file, or how the file is broken. */
function measurementsOf(file: ResultFile, columns: readonly Benchmark[]): Measurement[] | Broken {
  try {
    return columns.flatMap((b) => measurementOf(file, b) ?? []);
  } catch (error) {
    return brokenBy(error, file.path);
  }
}

function measurementOf(file: ResultFile, benchmark: Benchmark): Measurement | null {
  const task = file.tasks.get(benchmark.name);
  if (task === undefined) return null;
  const metricKey = task.estimates.has(benchmark.metricKey) || file.family !== 'api' ? benchmark.metricKey : API_METRIC_KEY;
  const estimate = task.estimates.get(metricKey) ?? null;
  const leaves = task.isGroup ? leavesOf(file, benchmark.name) : [task];
  const hashes = new Map(leaves.flatMap((leaf) => (leaf.hash === null ? [] : [[leaf.name, leaf.hash] as const])));
  const complete = hashes.size === leaves.length && leaves.length > 0;
  const metric = metricKey.slice(0, metricKey.indexOf(','));
  return {
    benchmark: benchmark.name,
    path: file.path,
    date: file.date,
    value:
      estimate === null || !Number.isFinite(estimate.value)
        ? null
        : shown(estimate.value, factorOf(benchmark), `${file.path}: results.${task.name}.${metricKey}`),
    stderr: estimate?.stderr == null ? null : factorOf(benchmark) * estimate.stderr,
    bias: finite(task.estimates.get('bias,none')?.value),
    higherIsBetter: task.higherIsBetter.get(metric) ?? true,
    documents: knownSum(leaves.map((l) => l.samples?.effective)),
    scored: knownSum(leaves.map((l) => l.own?.scored ?? l.samples?.effective)),
    original: knownSum(leaves.map((l) => l.samples?.original)),
    weight: weightOf(file, benchmark, leaves),
    absent: benchmark.leaves.filter((leaf) => !leaves.some((l) => l.name === leaf)),
    family: file.family,
    setting: JSON.stringify([file.family, file.chatTemplateSha, file.systemInstruction, file.fewshotAsMultiturn]),
    fingerprint: complete ? fingerprintOf(hashes) : null,
    hashes,
    version: versionOf(task, leaves),
    nShot: same(leaves.map((l) => l.nShot)),
    eusEvalVersion: file.eusEvalVersion,
    trial: isTrial(file, leaves),
  };
}

/** True where a limit left documents out; a limit above the number of documents leaves out none. */
function isTrial(file: ResultFile, leaves: readonly TaskResult[]): boolean {
  if (file.limit === null || file.limit <= 0) return false;
  const [evaluated, original] = [knownSum(leaves.map((l) => l.samples?.effective)), knownSum(leaves.map((l) => l.samples?.original))];
  return evaluated === null || original === null || evaluated < original;
}

/** Files of the harness before 0.4.3 do not count their documents: a run without a limit had all of them. Unknown is not none. */
function weightOf(file: ResultFile, benchmark: Benchmark, leaves: readonly TaskResult[]): number {
  const counted = knownSum(leaves.map((l) => l.own?.scored ?? l.samples?.effective));
  if (counted !== null) return counted;
  const whole = benchmark.documents ?? Number.POSITIVE_INFINITY;
  if (file.limit === null || file.limit <= 0) return whole;
  // Below 1 a limit is a share of the documents.
  return Math.min(whole, file.limit < 1 ? file.limit * whole : file.limit * Math.max(1, leaves.length));
}

/** The tasks of a group that have results, each once. */
function leavesOf(file: ResultFile, group: string): TaskResult[] {
  return leavesBelow(group, file.groupSubtasks).flatMap((name) => (name === group ? [] : (file.tasks.get(name) ?? [])));
}

/** One task: its own fingerprint. A group: the digest of its leaves', whatever their order. */
function fingerprintOf(hashes: ReadonlyMap<string, string>): string {
  const [first] = hashes.values();
  if (hashes.size === 1 && first !== undefined) return first;
  const lines = [...hashes].map(([name, hash]) => `${name} ${hash}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** The task's version; of a group with the versions of its leaves where they differ from one another. */
function versionOf(task: TaskResult, leaves: readonly TaskResult[]): string | null {
  if (!task.isGroup) return task.version;
  const below = [...new Set(leaves.map((l) => l.version ?? '?'))].sort();
  return `${task.version ?? '?'} (${below.join(', ')})`;
}

function shown(value: number, factor: 1 | 100, field: string): number {
  return factor === 1 ? value : percent(value, field);
}

function percent(share: number, field: string): number {
  if (share < 0 || share > 1) throw new UserError(`${field}: ${share}; expected a share from 0 to 1`);
  return 100 * share;
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function same(values: readonly (number | null)[]): number | null {
  const distinct = new Set(values);
  const [first] = distinct;
  return distinct.size === 1 && first !== undefined ? first : null;
}

/** `3 files`, `1 file`. */
export function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** The first few of a list, and how many more. */
export function shortList(items: readonly string[], most = 6, between = ', '): string {
  return items.length <= most ? items.join(between) : `${items.slice(0, most).join(between)} and ${items.length - most} more`;
}
