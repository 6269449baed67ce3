/** From folders of results to what other places read: records of Every Eval Ever, results for the hub, JSON lines. Offline; nothing is sent. */
import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';
import { makeFolder } from '../folders.js';
import { builtinBenchmarks } from '../leaderboard/builtin.js';
import { writeFiles } from '../leaderboard/write-files.js';
import { findResultFiles, type ResultFile, readResultFile } from '../results/read.js';
import { sampleLines } from '../results/read-samples.js';
import { fail } from '../results/sample-file.js';
import { findSampleFile } from '../results/sample-name.js';
import { headlinesOf } from './headline.js';
import { HUB_FOLDER, type HubEntry, hubEntriesOf, hubFileName, hubYaml, type Source } from './hub-results.js';
import { scoreLines } from './json-lines.js';
import { variantSuffix } from './model-info.js';
import { folderPart, modelNamesOf, publicModelName, recordFolder, uuidOf } from './names.js';
import { type EvaluationRecord, type Publisher, recordOf } from './record.js';
import { type Instance, type InstanceOf, instancesOf } from './samples.js';

/** What can be written: Every Eval Ever, the hub's `.eval_results`, JSON lines. */
export const FORMATS = ['eee', 'hub', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

export interface PublishOptions {
  readonly dirs: readonly string[];
  readonly out: string;
  readonly formats: readonly Format[];
  /** Whether records come with their samples, where the results have any. */
  readonly samples: boolean;
  /** What the model is called there; null: as in the results. Only for results of one model. */
  readonly modelId: string | null;
  readonly publisher: Publisher;
  readonly source: Source | null;
  /** The hub's task of a benchmark where it is not called as here. */
  readonly taskIds: ReadonlyMap<string, string>;
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

export interface Published {
  /** Paths of what was written. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Writes what others read of all results below folders. Publishing the same results again writes the same files. Throws `UserError` when there are no
 * results, one is broken, one is of a single shard, or the folder cannot be written.
 */
export async function publishResults(options: PublishOptions): Promise<Published> {
  const paths = [...new Set((await Promise.all(options.dirs.map((dir) => findResultFiles(dir)))).flat())];
  if (paths.length === 0) throw new UserError(`no results_*.json below ${options.dirs.join(', ')}`);
  const known = new Map((await builtinBenchmarks()).benchmarks.map((one) => [one.name, one]));
  const models = modelNamesOf(await readWhole(paths, options.signal));
  const names = new Set(models.values());
  if (options.modelId !== null && names.size > 1)
    throw new UserError(`--model-id names one model, and these results are of ${[...names].join(', ')}; publish each by itself`);
  const written: string[] = [];
  const notes = new Set<string>();
  const repositories = new Map<string, Map<string, Map<string, Dated>>>();
  const lines: string[] = [];
  for (const [results, modelName] of models) {
    options.signal?.throwIfAborted();
    const modelId = options.modelId ?? publicModelName(modelName);
    if (options.formats.includes('eee')) {
      const { files, remarks } = await writeRecord(results, modelId, options);
      written.push(...files);
      for (const remark of remarks) notes.add(remark);
    }
    if (options.formats.includes('hub')) {
      const found = hubEntriesOf(results, headlinesOf(results, known), options);
      for (const note of found.notes) notes.add(note);
      const repositoryName = modelId + variantSuffix(results);
      const repository = repositories.get(repositoryName) ?? new Map<string, Map<string, Dated>>();
      for (const [dataset, entries] of found.entries) repository.set(dataset, newest(repository.get(dataset), entries, results.date));
      repositories.set(repositoryName, repository);
    }
    if (options.formats.includes('jsonl')) lines.push(...scoreLines(results, modelId));
  }
  for (const [modelId, datasets] of repositories) {
    const folder = path.join(options.out, 'hub', ...modelId.split('/').map(folderPart), HUB_FOLDER);
    const files = [...datasets].map(
      ([dataset, entries]) => [hubFileName(dataset), hubYaml([...entries.values()].map(({ entry }) => entry))] as const,
    );
    if (files.length > 0) written.push(...(await writeFiles(folder, new Map(files))));
  }
  if (lines.length > 0) written.push(...(await writeFiles(options.out, new Map([['scores.jsonl', `${lines.join('\n')}\n`]]))));
  for (const note of silences(options, repositories)) notes.add(note);
  return { files: written, notes: [...notes] };
}

async function readWhole(paths: readonly string[], signal?: AbortSignal): Promise<readonly ResultFile[]> {
  const files: ResultFile[] = [];
  for (const file of paths) {
    signal?.throwIfAborted();
    const results = await readResultFile(file);
    if (results.shard !== null && results.shard.count > 1)
      throw new UserError(`${file}: results of one shard of ${results.shard.count}; join them first: eus-eval merge DIR... --out DIR`);
    files.push(results);
  }
  return files;
}

interface Dated {
  readonly date: number;
  readonly entry: HubEntry;
}

/** The entries of a data set by task: of several runs of one benchmark the newest counts. */
function newest(known: ReadonlyMap<string, Dated> = new Map(), entries: readonly HubEntry[], date: number): Map<string, Dated> {
  const all = new Map(known);
  for (const entry of entries) {
    const other = all.get(entry.dataset.task_id);
    if (other === undefined || other.date <= date) all.set(entry.dataset.task_id, { date, entry });
  }
  return all;
}

/** What only the publisher knows and did not say. */
function silences(options: PublishOptions, repositories: ReadonlyMap<string, ReadonlyMap<string, unknown>>): string[] {
  const { organization, relationship } = options.publisher;
  const notes: string[] = [];
  if (options.formats.includes('eee') && organization === null)
    notes.push("records name no organization ('unknown'): --organization NAME says who publishes them");
  if (options.formats.includes('eee') && relationship === null)
    notes.push("records do not say whose model it is: --relationship first_party (the publisher's own), third_party or collaborative");
  if ([...repositories.values()].some(({ size }) => size > 0))
    notes.push(
      'the hub shows an entry where its data set is registered as a benchmark with that task_id (docs/publish.md); --task-ids TASK=ID gives another one',
    );
  return notes;
}

/** Writes a record, its samples first: where there is a record, what it refers to is complete. */
async function writeRecord(
  results: ResultFile,
  modelId: string,
  options: PublishOptions,
): Promise<{ readonly files: readonly string[]; readonly remarks: readonly string[] }> {
  const { record, notes: said } = recordOf(results, modelId, options.publisher, options.now() / 1000);
  const notes = [...said];
  if (record.evaluation_results.length === 0)
    return { files: [], remarks: [...notes, `${results.path} has no score that could be published`] };
  const uuid = uuidOf(record.evaluation_id);
  const folder = recordFolder(modelId);
  await makeFolder(path.join(options.out, folder)).catch(fail(options.out));
  const samples = options.samples ? await writeSamples(results, record, `${folder}/${uuid}_samples.jsonl`, options, notes) : null;
  const whole = samples === null ? record : { ...record, detailed_evaluation_results: samples };
  const files = await writeFiles(path.join(options.out, folder), new Map([[`${uuid}.json`, `${JSON.stringify(whole, null, 2)}\n`]]));
  return { files: samples === null ? files : [...files, path.join(options.out, samples.file_path)], remarks: notes };
}

/** Writes the samples of all tasks of a results file line by line; adds to the notes where they are of other documents than the results. Null where there are none. */
async function writeSamples(
  results: ResultFile,
  record: EvaluationRecord,
  relative: string,
  { out, signal }: PublishOptions,
  notes: string[],
) {
  const target = path.join(out, relative);
  const partial = `${target}.${process.pid}.part`;
  const digest = createHash('sha256');
  let rows = 0;
  async function* blocks(): AsyncGenerator<string> {
    let block = '';
    for await (const instance of instancesIn(results, record, notes)) {
      signal?.throwIfAborted();
      rows++;
      block += `${JSON.stringify(instance)}\n`;
      if (block.length < BLOCK_CHARACTERS) continue;
      digest.update(block);
      yield block;
      block = '';
    }
    digest.update(block);
    yield block;
  }
  try {
    await writeFile(partial, blocks());
    if (rows > 0) await rename(partial, target);
  } catch (error) {
    if (systemCode(error) !== null) fail(target)(error);
    throw error;
  } finally {
    await rm(partial, { force: true });
  }
  return rows === 0
    ? null
    : { format: 'jsonl', file_path: relative, hash_algorithm: 'sha256', checksum: digest.digest('hex'), total_rows: rows };
}

/** Characters that are written at once. */
const BLOCK_CHARACTERS = 1024 * 1024;

async function* instancesIn(results: ResultFile, record: EvaluationRecord, notes: string[]): AsyncGenerator<Instance> {
  const resultIds = new Set(record.evaluation_results.map((one) => one.evaluation_result_id));
  for (const [task, { samples }] of results.tasks) {
    const file = findSampleFile(results.path, task);
    if (file === null) continue;
    const of: InstanceOf = { evaluationId: record.evaluation_id, modelId: record.model_info.id, task, resultIds };
    const lines = new Set<string>();
    const documents = new Set<string>();
    for await (const { fields, where } of sampleLines(file)) {
      const id = String(fields.doc_id);
      const line = `${String(fields.filter)},${id}`;
      if (lines.has(line)) throw new UserError(`${where}: document ${id} is there twice`);
      lines.add(line);
      documents.add(id);
      yield* instancesOf(fields, of);
    }
    if (samples !== null && samples.effective !== documents.size)
      notes.push(`${file} has ${documents.size} documents, the results beside it ${samples.effective}: one of the two was changed`);
  }
}
