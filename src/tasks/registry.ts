import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { at } from '../at.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { BUILT_IN_HOOKS } from '../hooks/built-in.js';
import { METRICS } from '../metrics/registry.js';
import { packagePath } from '../package-files.js';
import { didYouMean } from '../suggest.js';
import { isGroup, leavesOf, mapTasks, nodesOf } from '../task-tree.js';
import type { Group, Task, TaskMeta } from '../types.js';
import { wildcard } from '../wildcard.js';
import { buildTask } from './build.js';
import type { Vocabulary } from './build-metrics.js';
import type { Config } from './config.js';
import { checkGroup, checkTask, GROUP_FIELDS } from './schema.js';
import { MAX_SHOTS, withShots } from './vary.js';
import { readTaskFile, resolveIncludes } from './yaml-file.js';

/** Tasks and groups by name, and by tag. */
export interface Named {
  readonly entries: ReadonlyMap<string, Group | Task>;
  readonly tags: ReadonlyMap<string, readonly (Group | Task)[]>;
}

/** All tasks and groups that can be asked for by name: benchmarks, groups inside them and single tasks. */
export interface Registry extends Named {
  /** The 29 benchmarks, in the order of the paper's tables. */
  readonly benchmarks: readonly (Group | Task)[];
  /** Further tasks of the package, which are read when somebody asks for one of them. */
  readonly more: () => Promise<Named>;
  /** Metrics and hooks that task files given by path can name. */
  readonly vocabulary: Vocabulary;
}

/** Groups inside groups that are still read. */
const MAX_DEPTH = 10;
/** Tasks and groups that one selection may build; the built-in ones are a few hundred. */
const MAX_ENTRIES = 5000;
/** Files that a folder is searched through for members of a group, and how deep. */
const MAX_FILES = 20_000;
const MAX_FOLDER_DEPTH = 5;

/** A file of a folder with what it defines. */
interface Source {
  readonly file: string;
  readonly config: Config;
}

/** Everything that names in a group can refer to. */
interface Library {
  readonly sources: ReadonlyMap<string, Source>;
  readonly tagged: ReadonlyMap<string, readonly Source[]>;
  readonly known: ReadonlyMap<string, Group | Task>;
  readonly vocabulary: Vocabulary;
  /** Tasks and groups that may still be built: groups that name one another twice would double with each level. */
  readonly left: { entries: number };
}

const BUILT_IN: Vocabulary = { metrics: METRICS, hooks: BUILT_IN_HOOKS };

/**
 * Returns the tasks that come with the package; `vocabulary` adds metrics and hooks of the caller's own. Throws `UserError` when a file of the folder is broken.
 */
export async function loadRegistry(folder: string = packagePath('tasks'), vocabulary: Vocabulary = BUILT_IN): Promise<Registry> {
  const { roots, entries, tags } = await buildFolder(folder, new Map(), vocabulary);
  const rank = ({ meta: { language, category } }: Group | Task): number => 2 * LANGUAGES.indexOf(language) + Number(category === 'bias');
  const benchmarks = [...roots].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  const further = path.join(folder, MORE);
  let more: Promise<Named> | null = existsSync(further) ? null : Promise.resolve({ entries: new Map(), tags: new Map() });
  return { benchmarks, entries, tags, vocabulary, more: () => (more ??= buildFolder(further, entries, vocabulary)) };
}

/** Further tasks that come with the package, beside the benchmarks of the paper; the underscore keeps them out of what is read at once. */
const MORE = '_more';

/** All that the task files of a folder define. */
async function buildFolder(
  folder: string,
  known: ReadonlyMap<string, Group | Task>,
  vocabulary: Vocabulary,
): Promise<Named & { readonly roots: readonly (Group | Task)[] }> {
  const library = await readLibrary(folder, known, vocabulary, false);
  const entries = new Map<string, Group | Task>();
  const tags = new Map<string, (Group | Task)[]>();
  const roots: (Group | Task)[] = [];
  for (const source of library.sources.values()) {
    const entry = await build(source.config, source.file, library, 0);
    roots.push(entry);
    addAll(entries, entry);
    for (const tag of tagsOf(source.config)) tags.set(tag, [...(tags.get(tag) ?? []), entry]);
  }
  return { roots, entries, tags };
}

const LANGUAGES: readonly (string | null)[] = ['eu', 'en', 'es'];

function addAll(entries: Map<string, Group | Task>, entry: Group | Task): void {
  const other = entries.get(entry.name);
  // A task that a group names lies in a file of its own too.
  if (other?.file === entry.file && !isGroup(entry) && !isGroup(other)) return;
  if (other !== undefined) throw new UserError(`${entry.file}: the name ${entry.name} is taken twice`);
  entries.set(entry.name, entry);
  if (isGroup(entry)) for (const child of entry.children) addAll(entries, child);
}

function tagsOf(config: Config): readonly string[] {
  const { tag } = config;
  return typeof tag === 'string' ? [tag] : Array.isArray(tag) ? tag.filter((x) => typeof x === 'string') : [];
}

function nameOf(config: Config): string | null {
  const name = Object.hasOwn(config, 'group') ? config.group : config.task;
  return typeof name === 'string' ? name : null;
}

/** All task files of a folder by the name they define. `lenient` passes over files that cannot be read: a stranger's folder may hold others. */
async function readLibrary(
  folder: string,
  known: ReadonlyMap<string, Group | Task>,
  vocabulary: Vocabulary,
  lenient: boolean,
): Promise<Library> {
  const sources = new Map<string, Source>();
  const tagged = new Map<string, Source[]>();
  for (const file of await yamlFiles(folder)) {
    let config: Config;
    try {
      config = await readTaskFile(file);
    } catch (error) {
      if (lenient && error instanceof UserError) continue;
      throw error;
    }
    const name = nameOf(config);
    if (name === null) continue;
    const source = { file, config };
    if (!lenient && sources.has(name)) throw new UserError(`${file}: the name ${name} is taken twice`);
    sources.set(name, source);
    for (const tag of tagsOf(config)) tagged.set(tag, [...(tagged.get(tag) ?? []), source]);
  }
  return { sources, tagged, known, vocabulary, left: { entries: MAX_ENTRIES } };
}

/**
 * Returns the task files of a folder and the folders below it by the names that they define, and by tag. Files that cannot be read are passed over. Throws `UserError` when the folder cannot be read.
 */
export async function sourcesIn(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { sources, tagged } = await readLibrary(folder, new Map(), BUILT_IN, true);
  const named = [...sources].map(([name, source]) => [name, [source]] as const);
  return new Map([...tagged, ...named].map(([name, found]) => [name, found.map(({ file }) => file)]));
}

/**
 * Files `*.yaml` of a folder and the folders below it, by path; a leading underscore marks a file that others include. Links are not followed,
 * and the search is bounded: a task file may lie in a home folder.
 */
async function yamlFiles(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  let level = [folder];
  let visited = 0;
  for (let depth = 0; depth < MAX_FOLDER_DEPTH && level.length > 0; depth++) {
    const below: string[] = [];
    for (const dir of level) {
      const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
        if (dir !== folder) return [];
        const why = systemCode(error) === 'ENOENT' ? 'no such folder' : systemCode(error) === 'ENOTDIR' ? 'not a folder' : messageOf(error);
        throw new UserError(`cannot read the folder of task files ${folder}: ${why}`);
      });
      visited += entries.length;
      if (visited > MAX_FILES) return files.sort();
      for (const entry of entries) {
        if (entry.name.startsWith('.') || entry.name.startsWith('_') || entry.name === 'node_modules') continue;
        if (entry.isDirectory()) below.push(path.join(dir, entry.name));
        else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) files.push(path.join(dir, entry.name));
      }
    }
    level = below;
  }
  return files.sort();
}

/** Builds what one configuration describes: a group when it has a group's fields, else a task. */
async function build(config: Config, file: string, library: Library, depth: number): Promise<Group | Task> {
  if (depth > MAX_DEPTH) throw new UserError(`${file}: groups nested deeper than ${MAX_DEPTH} (a group inside itself?)`);
  if (--library.left.entries < 0) throw new UserError(`${file}: its groups hold more than ${MAX_ENTRIES} tasks`);
  if (Object.hasOwn(config, 'class')) throw new UserError(`${file}: class: tasks written as a Python class are never run here`);
  const resolved = await resolveIncludes(config, file);
  if (!isGroupConfig(resolved)) return buildTask(file, checkTask(file, resolved), library.vocabulary);
  const group = checkGroup(file, resolved);
  const below = Object.fromEntries(Object.entries(resolved).filter(([field]) => !GROUP_FIELDS.includes(field)));
  const children: (Group | Task)[] = [];
  for (const [i, child] of group.task.entries()) {
    const label = typeof child === 'string' ? child : (nameOf(child) ?? '');
    const member: Member = { place: `${file}: task.${i}${label === '' ? '' : ` (${label})`}`, file, below, library, depth };
    children.push(...(typeof child === 'string' ? await named(child, member) : await inline(child, member)));
  }
  const names = children.map((child) => child.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`${file}: task: ${twice} is listed twice`);
  const metadata = group.metadata ?? {};
  const meta: TaskMeta = {
    language: metadata.language ?? null,
    category: metadata.category ?? null,
    headlineMetric: metadata.headline_metric ?? at(children, 0).meta.headlineMetric,
    documents: metadata.documents ?? null,
  };
  return {
    name: group.group,
    alias: group.group_alias ?? group.group,
    file,
    children: children.map((child) => inheritMeta(child, meta)),
    aggregate: (group.aggregate_metric_list ?? []).map((x) => ({
      metric: x.metric,
      filters: typeof x.filter_list === 'string' ? [x.filter_list] : (x.filter_list ?? ['none']),
      weightBySize: x.weight_by_size ?? false,
    })),
    version: metadata.version ?? 'Yaml',
    meta,
  };
}

/** Where a member of a group stands. */
interface Member {
  /** For messages. */
  readonly place: string;
  /** The group's file. */
  readonly file: string;
  /** Fields that go down to the member. */
  readonly below: Config;
  readonly library: Library;
  readonly depth: number;
}

/** A member written inside the group's own file, or another file's or a built-in task with fields of its own; fields of the group win over them, as in the harness. */
async function inline(child: Config, member: Member): Promise<(Group | Task)[]> {
  const { place, file, library, depth } = member;
  const { task } = child;
  const fields = { ...(await resolveIncludes(child, file)), ...member.below };
  const another = typeof task === 'string' && (library.sources.has(task) || !Object.hasOwn(fields, 'dataset_path'));
  if (another && !Object.hasOwn(child, 'group')) {
    const { task: _, ...below } = fields;
    return named(task, { ...member, below });
  }
  return [await placed(place, file, build(fields, file, library, depth + 1))];
}

/** A member given by name: another file's task or group, a tag, or one of the tasks that are known already. */
async function named(name: string, { place, file, below, library, depth }: Member): Promise<(Group | Task)[]> {
  const source = library.sources.get(name);
  const found = source === undefined ? library.tagged.get(name) : [source];
  if (found !== undefined)
    return Promise.all(
      found.map((one) => {
        const built = build({ ...one.config, ...below }, one.file, library, depth + 1);
        // The group's fields may be what is wrong; a group names its members itself.
        return Object.keys(below).length === 0 || isGroupConfig(one.config) ? built : placed(place, file, built);
      }),
    );
  const known = library.known.get(name);
  if (known === undefined) {
    const names = [...library.sources.keys(), ...library.tagged.keys(), ...library.known.keys()];
    throw new UserError(`${place}: there is no task '${name}' in this folder or among the built-in ones.${didYouMean(name, names)}`);
  }
  const { num_fewshot: shots, ...others } = below;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new UserError(`${place}: ${other}: of the built-in task ${name} a group can change num_fewshot only; write a task of your own`);
  if (shots === undefined) return [known];
  if (typeof shots !== 'number' || !Number.isInteger(shots) || shots < 0 || shots > MAX_SHOTS)
    throw new UserError(`${place}: num_fewshot: expected a whole number from 0 to ${MAX_SHOTS}`);
  return [mapTasks(known, (task) => withShots(task, shots, `${place}: num_fewshot`))];
}

/** What a member is built from, with its place before what is wrong with it. */
async function placed<T>(place: string, file: string, built: Promise<T>): Promise<T> {
  try {
    return await built;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const own = `${file}: `;
    throw new UserError(`${place}: ${error.message.startsWith(own) ? error.message.slice(own.length) : error.message}`);
  }
}

function isGroupConfig(config: Config): boolean {
  return Object.hasOwn(config, 'group') || Array.isArray(config.task);
}

/** Tasks of a group show its language and category where they name none. */
function inheritMeta(child: Group | Task, meta: TaskMeta): Group | Task {
  const own: TaskMeta = { ...child.meta, language: child.meta.language ?? meta.language, category: child.meta.category ?? meta.category };
  return isGroup(child) ? { ...child, meta: own, children: child.children.map((x) => inheritMeta(x, own)) } : { ...child, meta: own };
}

/** A word that names tasks, or a task itself. */
export type Wanted = string | Group | Task;

/**
 * Returns what specifications name, in order, without repetitions: a benchmark, group or task, a wildcard (`eus_*`), a tag, `eu`, `en`, `es`,
 * `all`, or the path of a task file (with a slash or ending in .yaml). A task below a group that is also named is not listed again.
 * Throws `UserError` with the nearest name for anything unknown.
 */
export async function selectTasks(spec: readonly Wanted[], registry: Registry): Promise<readonly (Group | Task)[]> {
  const picked: (Group | Task)[] = [];
  for (const wanted of spec.flatMap((x): Wanted[] => (typeof x === 'string' ? x.split(',').map((word) => word.trim()) : [x]))) {
    if (typeof wanted !== 'string') picked.push(wanted);
    else if (wanted !== '') picked.push(...(await select(wanted, registry)));
  }
  if (picked.length === 0)
    throw new UserError('no tasks named; valid: a benchmark, eu, en, es, all, or a .yaml file (eus-eval list shows them)');
  const covered = new Set(picked.flatMap((entry) => nodesOf(entry).flatMap(({ node, depth }) => (depth > 0 ? [node.name] : []))));
  const seen = new Map<string, Group | Task>();
  for (const entry of picked) {
    if (covered.has(entry.name)) continue;
    const other = seen.get(entry.name);
    if (other !== undefined && other.file !== entry.file)
      throw new UserError(`two tasks are called ${entry.name}: ${other.file} and ${entry.file}`);
    seen.set(entry.name, entry);
  }
  refuseClashes([...seen.values()]);
  return [...seen.values()];
}

function refuseClashes(entries: readonly (Group | Task)[]): void {
  const files = new Map<string, string>();
  for (const task of entries.flatMap(leavesOf)) {
    const other = files.get(task.name);
    if (other !== undefined)
      throw new UserError(`the task ${task.name} is named twice (${other} and ${task.file}); their results would overwrite each other`);
    files.set(task.name, task.file);
  }
}

async function select(word: string, registry: Registry): Promise<readonly (Group | Task)[]> {
  if (word === 'all') return registry.benchmarks;
  if (LANGUAGES.includes(word)) return registry.benchmarks.filter((entry) => entry.meta.language === word);
  const found = foundIn(registry, word);
  if (found !== undefined) return found;
  if (/\.ya?ml$/.test(word) || /[/\\]/.test(word)) return [await loadForeign(word, registry)];
  const further = foundIn(await registry.more(), word);
  if (further !== undefined) return further;
  const all = await allEntries(registry);
  const pattern = wildcard(word);
  const matches = [...all.values()].filter((entry) => pattern?.test(entry.name));
  if (matches.length > 0) return matches;
  if (pattern !== null) throw new UserError(`no task matches '${word}'`);
  throw new UserError(
    `unknown task '${word}'; valid: a benchmark, group or task of 'eus-eval list', a wildcard, eu, en, es, all, or a .yaml file.${didYouMean(word, [...all.keys()])}`,
  );
}

function foundIn({ entries, tags }: Named, word: string): readonly (Group | Task)[] | undefined {
  const entry = entries.get(word);
  return entry === undefined ? tags.get(word) : [entry];
}

async function allEntries(registry: Registry): Promise<ReadonlyMap<string, Group | Task>> {
  return new Map([...registry.entries, ...(await registry.more()).entries]);
}

/** A stranger's task file; names in it refer to files of its folder, then to built-in tasks. */
async function loadForeign(file: string, registry: Registry): Promise<Group | Task> {
  const config = await readTaskFile(file);
  const library = isGroupConfig(config)
    ? await readLibrary(path.dirname(path.resolve(file)), await allEntries(registry), registry.vocabulary, true)
    : { sources: new Map(), tagged: new Map(), known: new Map(), vocabulary: registry.vocabulary, left: { entries: MAX_ENTRIES } };
  const entry = await build(config, file, library, 0);
  // Templates of built-in tasks are tested; a stranger's are compiled now, so that a run does not fail after other tasks are done.
  const { compileTask } = await import('../prompts/document.js');
  for (const task of leavesOf(entry)) compileTask(task);
  return entry;
}
