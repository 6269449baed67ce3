/** Answers the page from indexes and documents, wherever these come from: files on a server, or the data in an exported page. */
import { at } from '../at.js';
import {
  type Catalog,
  COUNTED,
  type Counts,
  CUT,
  type DocumentView,
  type Filter,
  FLIPS,
  noCounts,
  type Query,
  type Row,
  type RunInfo,
  type Source,
  STATE,
  type State,
  type Summary,
  type TaskIndex,
  type TaskInfo,
} from './protocol.js';

/** Where indexes and documents come from. All reject with an error that names the file. */
export interface Provider {
  readonly catalog: Catalog;
  index(run: string, task: string): Promise<TaskIndex>;
  /** The index if it is already there, or the reason why it cannot be; null while nothing is known. */
  known(run: string, task: string): TaskIndex | string | null;
  /** Documents by their place in the index. */
  documents(run: string, task: string, places: readonly number[]): Promise<readonly DocumentView[]>;
  /** Places of the documents in whose texts all words stand. */
  search(run: string, task: string, words: readonly string[]): Promise<ReadonlySet<number>>;
}

/** Documents of a task that stand together in a list; `places` is null for all of them in their order. */
interface Stretch {
  readonly task: string;
  readonly count: number;
  readonly places: readonly number[] | null;
}

/** The outcome in the other run of the document at a place in this one; null where it is not there. */
type Outcomes = (place: number) => State | null;
const nowhere: Outcomes = () => null;

/** Lists that are kept: the one on the screen and those just left. */
const KEPT_LISTS = 6;

/**
 * Returns a source that answers from a provider.
 */
export function makeSource(provider: Provider): Source {
  const lists = new Map<string, Promise<readonly Stretch[]>>();
  const partners = new Map<string, Promise<Int32Array>>();

  const runOf = (id: string): RunInfo => {
    const run = provider.catalog.runs.find((one) => one.id === id);
    if (run === undefined) throw new Error(`no run '${id}'`);
    return run;
  };
  const has = (run: string, task: string): boolean => runOf(run).tasks.some((t) => t.name === task && t.samples);

  /** For each document of `run` its place in `other`; -1 where it is not there. */
  const partnersOf = (run: string, other: string, task: string): Promise<Int32Array> => {
    const key = JSON.stringify([run, other, task]);
    const known = partners.get(key) ?? pairUp(provider, run, other, task);
    partners.set(key, known);
    return known;
  };

  const outcomesOf = async (run: string, other: string | null, task: string): Promise<Outcomes> => {
    if (other === null || !has(other, task)) return nowhere;
    const [pairs, index] = [await partnersOf(run, other, task), await provider.index(other, task)];
    return (place) => {
      const partner = at(pairs, place);
      return partner < 0 ? null : stateAt(index, partner);
    };
  };

  const listOf = (query: Query): Promise<readonly Stretch[]> => {
    const key = JSON.stringify(query);
    const known = lists.get(key) ?? stretches(query);
    lists.delete(key);
    lists.set(key, known);
    known.catch(() => lists.delete(key));
    for (const oldest of lists.keys()) {
      if (lists.size <= KEPT_LISTS) break;
      lists.delete(oldest);
    }
    return known;
  };

  const stretches = async (query: Query): Promise<readonly Stretch[]> => {
    const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
    const found: Stretch[] = [];
    for (const task of runOf(query.run).tasks.filter((t) => t.samples && inScope(t, query.scope))) {
      const plain = query.filter === 'all' && query.subject === null && words.length === 0 && query.sort === 'order';
      const known = provider.known(query.run, task.name);
      if (typeof known === 'string') continue;
      // The results file counts the documents, so that a list of everything is there at once.
      if (plain) {
        found.push({ task: task.name, count: known?.docIds.length ?? task.documents, places: null });
        continue;
      }
      const places = await fitting(query, task.name, words);
      if (places.length > 0) found.push({ task: task.name, count: places.length, places });
    }
    return query.sort === 'margin' ? bySurety(provider, query, found) : found;
  };

  const fitting = async (query: Query, task: string, words: readonly string[]): Promise<number[]> => {
    const index = await provider.index(query.run, task);
    const subject = query.subject === null ? null : index.subjectNames.indexOf(query.subject);
    const theirs = FLIPS.has(query.filter) ? await outcomesOf(query.run, query.other, task) : nowhere;
    const texts = words.length === 0 ? null : await provider.search(query.run, task, words);
    const places: number[] = [];
    for (let i = 0; i < index.docIds.length; i++) {
      if (subject !== null && index.subjects[i] !== subject) continue;
      if (texts !== null && !texts.has(i)) continue;
      if (fits(query.filter, index, i, theirs(i))) places.push(i);
    }
    return places;
  };

  const rowsOf = async (query: Query, task: string, places: readonly number[]): Promise<Row[]> => {
    const index = await provider.index(query.run, task);
    const there = places.filter((place) => place < index.docIds.length);
    const documents = await provider.documents(query.run, task, there);
    const theirs = await outcomesOf(query.run, query.other, task);
    return there.map((place, i) => ({
      task,
      docId: at(index.docIds, place),
      state: stateAt(index, place),
      otherState: theirs(place),
      cut: isCut(index, place),
      margin: at(index.margins, place),
      title: titleOf(at(documents, i)),
    }));
  };

  return {
    catalog: () => Promise.resolve(provider.catalog),
    list: async (query) => ({ total: (await listOf(query)).reduce((sum, { count }) => sum + count, 0) }),
    rows: async (query, from, count) => {
      const rows: Row[] = [];
      let before = 0;
      for (const stretch of await listOf(query)) {
        const [start, end] = [Math.max(from - before, 0), Math.min(from + count - before, stretch.count)];
        before += stretch.count;
        if (start >= end) continue;
        const places = stretch.places?.slice(start, end) ?? Array.from({ length: end - start }, (_, i) => start + i);
        rows.push(...(await rowsOf(query, stretch.task, places)));
      }
      return rows;
    },
    summary: async (run, other) => {
      const tasks: Record<string, Summary['tasks'][string]> = Object.create(null);
      const broken: Record<string, string> = Object.create(null);
      const mine = runOf(run).tasks.filter((t) => t.samples);
      for (const { name } of mine) {
        const index = provider.known(run, name);
        if (typeof index === 'string') broken[name] = index;
        if (index === null || typeof index === 'string') continue;
        const theirs = other !== null && has(other, name) ? provider.known(other, name) : 'none';
        if (theirs === null) continue;
        // Where the other's file is broken, the counts of this one are still right.
        tasks[name] = countsOf(index, typeof theirs === 'string' ? nowhere : await outcomesOf(run, other, name));
      }
      return { ready: Object.keys(tasks).length + Object.keys(broken).length, total: mine.length, tasks, broken };
    },
    document: async (run, other, task, docId) => {
      const place = placeOf(await provider.index(run, task), docId);
      const [mine = null] = place < 0 ? [] : await provider.documents(run, task, [place]);
      if (other === null || place < 0 || !has(other, task)) return { run: mine, other: null };
      const partner = at(await partnersOf(run, other, task), place);
      const [theirs = null] = partner < 0 ? [] : await provider.documents(other, task, [partner]);
      return { run: mine, other: theirs };
    },
    find: async (query, task, docId) => {
      const place = placeOf(await provider.index(query.run, task), docId);
      let before = 0;
      for (const stretch of await listOf(query)) {
        const found = stretch.task !== task || place < 0 ? -1 : stretch.places === null ? place : stretch.places.indexOf(place);
        if (found >= 0) return before + found;
        before += stretch.count;
      }
      return -1;
    },
  };
}

/** Equal documents that a task holds several times are paired in order. */
async function pairUp(provider: Provider, run: string, other: string, task: string): Promise<Int32Array> {
  const [mine, theirs] = [await provider.index(run, task), await provider.index(other, task)];
  const places = new Map<number, number[]>();
  for (let j = theirs.docIds.length - 1; j >= 0; j--) {
    const key = at(theirs.keys, j);
    const list = places.get(key);
    if (list === undefined) places.set(key, [j]);
    else list.push(j);
  }
  return Int32Array.from(mine.keys, (key) => places.get(key)?.pop() ?? -1);
}

function placeOf(index: TaskIndex, docId: number | string): number {
  return index.docIds.findIndex((id) => String(id) === String(docId));
}

function inScope(task: TaskInfo, scope: string): boolean {
  const colon = scope.indexOf(':');
  const name = scope.slice(colon + 1);
  switch (scope.slice(0, Math.max(0, colon))) {
    case 'language':
      return (task.language ?? 'none') === name;
    case 'benchmark':
      return task.benchmark === name;
    case 'task':
      return task.name === name;
    default:
      return true;
  }
}

function isCut(index: TaskIndex, place: number): boolean {
  return (at(index.flags, place) & CUT) !== 0;
}

function stateAt(index: TaskIndex, place: number): State {
  const state = index.states[place];
  return state === STATE.right || state === STATE.wrong || state === STATE.unscored ? state : STATE.unknown;
}

/** `other`: the state of the document in the other run. Gained and lost are said of the other run: it has what this one has not. */
function fits(filter: Filter, index: TaskIndex, place: number, other: number | null): boolean {
  const state = index.states[place];
  const gained = state === STATE.wrong && other === STATE.right;
  const lost = state === STATE.right && other === STATE.wrong;
  switch (filter) {
    case 'right':
      return state === STATE.right;
    case 'wrong':
      return state === STATE.wrong;
    case 'unscored':
      return state === STATE.unscored;
    case 'cut':
      return isCut(index, place);
    case 'gained':
      return gained;
    case 'lost':
      return lost;
    case 'flipped':
      return gained || lost;
    default:
      return true;
  }
}

function countsOf(index: TaskIndex, outcomes: Outcomes): Summary['tasks'][string] {
  const counts = noCounts();
  // Subjects are words of the data: none of them may mean something of its own.
  const subjects: Record<string, Counts> = Object.create(null);
  for (let i = 0; i < index.docIds.length; i++) {
    const state = outcomes(i);
    const subject = at(index.subjectNames, at(index.subjects, i));
    const own = subject === '' ? null : (subjects[subject] ?? noCounts());
    if (own !== null) subjects[subject] = own;
    for (const name of COUNTED) {
      if (!fits(name, index, i, state)) continue;
      counts[name]++;
      if (own !== null) own[name]++;
    }
  }
  return { counts, subjects };
}

/** The documents one by one, those with the largest margin first; unknown margins last. */
async function bySurety(provider: Provider, query: Query, found: readonly Stretch[]): Promise<readonly Stretch[]> {
  const all: { readonly task: string; readonly place: number; readonly margin: number }[] = [];
  for (const { task, places } of found) {
    const index = await provider.index(query.run, task);
    for (const place of places ?? []) all.push({ task, place, margin: at(index.margins, place) ?? Number.NaN });
  }
  const rank = (x: number): number => (Number.isNaN(x) ? Number.NEGATIVE_INFINITY : x);
  all.sort((a, b) => rank(b.margin) - rank(a.margin) || 0);
  const stretches: { task: string; count: number; places: number[] }[] = [];
  for (const { task, place } of all) {
    const last = stretches.at(-1);
    if (last?.task === task) {
      last.places.push(place);
      last.count++;
    } else stretches.push({ task, count: 1, places: [place] });
  }
  return stretches;
}

const TITLE_LENGTH = 160;

/** The beginning of the question on one line. */
function titleOf({ question }: DocumentView): string {
  return question
    .slice(0, 2 * TITLE_LENGTH)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, TITLE_LENGTH);
}
