/** Answers the page from indexes and documents, wherever these come from: files on a server, or the data in an exported page. */
import {
  type Catalog,
  type Counts,
  CUT,
  type DocumentView,
  type Filter,
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
    const known = partners.get(key) ?? pairUp(provider, run, other, task, has(other, task));
    partners.set(key, known);
    return known;
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
    const pairs = query.other === null || !isFlip(query.filter) ? null : await partnersOf(query.run, query.other, task);
    const other = pairs === null || query.other === null || !has(query.other, task) ? null : await provider.index(query.other, task);
    const texts = words.length === 0 ? null : await provider.search(query.run, task, words);
    const places: number[] = [];
    for (let i = 0; i < index.docIds.length; i++) {
      if (subject !== null && index.subjects[i] !== subject) continue;
      if (texts !== null && !texts.has(i)) continue;
      const partner = pairs?.[i] ?? -1;
      if (fits(query.filter, index, i, other === null || partner < 0 ? null : (other.states[partner] ?? null))) places.push(i);
    }
    return places;
  };

  const rowsOf = async (query: Query, task: string, places: readonly number[]): Promise<Row[]> => {
    const index = await provider.index(query.run, task);
    const there = places.filter((place) => place < index.docIds.length);
    const documents = await provider.documents(query.run, task, there);
    const pairs = query.other === null ? null : await partnersOf(query.run, query.other, task);
    const other = query.other === null || !has(query.other, task) ? null : await provider.index(query.other, task);
    return there.map((place, i) => {
      const partner = pairs?.[place] ?? -1;
      return {
        task,
        docId: index.docIds[place] ?? place,
        state: stateAt(index, place),
        otherState: other === null || partner < 0 ? null : stateAt(other, partner),
        cut: ((index.flags[place] ?? 0) & CUT) !== 0,
        margin: index.margins[place] ?? null,
        title: titleOf(documents[i]),
      };
    });
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
        const paired = other !== null && has(other, name);
        const theirs = paired ? provider.known(other, name) : null;
        if (paired && theirs === null) continue;
        const pairs = other === null || theirs === null || typeof theirs === 'string' ? null : await partnersOf(run, other, name);
        tasks[name] = countsOf(index, typeof theirs === 'string' ? null : theirs, pairs);
      }
      return { ready: Object.keys(tasks).length + Object.keys(broken).length, total: mine.length, tasks, broken };
    },
    document: async (run, other, task, docId) => {
      const index = await provider.index(run, task);
      const place = index.docIds.findIndex((id) => String(id) === String(docId));
      const [mine = null] = place < 0 ? [] : await provider.documents(run, task, [place]);
      if (other === null || place < 0 || !has(other, task)) return { run: mine, other: null };
      const partner = (await partnersOf(run, other, task))[place] ?? -1;
      const [theirs = null] = partner < 0 ? [] : await provider.documents(other, task, [partner]);
      return { run: mine, other: theirs };
    },
    find: async (query, task, docId) => {
      const index = await provider.index(query.run, task);
      const place = index.docIds.findIndex((id) => String(id) === String(docId));
      let before = 0;
      for (const stretch of await listOf(query)) {
        const at = stretch.task !== task || place < 0 ? -1 : stretch.places === null ? place : stretch.places.indexOf(place);
        if (at >= 0) return before + at;
        before += stretch.count;
      }
      return -1;
    },
  };
}

/** Equal documents that a task holds several times are paired in order. */
async function pairUp(provider: Provider, run: string, other: string, task: string, present: boolean): Promise<Int32Array> {
  const mine = await provider.index(run, task);
  const pairs = new Int32Array(mine.docIds.length).fill(-1);
  if (!present) return pairs;
  const theirs = await provider.index(other, task);
  const places = new Map<number, number[]>();
  for (let j = theirs.docIds.length - 1; j >= 0; j--) {
    const key = theirs.keys[j] ?? -1;
    const list = places.get(key);
    if (list === undefined) places.set(key, [j]);
    else list.push(j);
  }
  for (let i = 0; i < pairs.length; i++) pairs[i] = places.get(mine.keys[i] ?? -1)?.pop() ?? -1;
  return pairs;
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

function isFlip(filter: Filter): boolean {
  return filter === 'flipped' || filter === 'gained' || filter === 'lost';
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
      return ((index.flags[place] ?? 0) & CUT) !== 0;
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

function noCounts(): Counts {
  return { all: 0, right: 0, wrong: 0, gained: 0, lost: 0, unscored: 0, cut: 0 };
}

const COUNTED = ['all', 'right', 'wrong', 'gained', 'lost', 'unscored', 'cut'] as const;

function countsOf(index: TaskIndex, other: TaskIndex | null, pairs: Int32Array | null): Summary['tasks'][string] {
  const counts = noCounts();
  // Subjects are words of the data: none of them may mean something of its own.
  const subjects: Record<string, Counts> = Object.create(null);
  for (let i = 0; i < index.docIds.length; i++) {
    const partner = pairs?.[i] ?? -1;
    const state = other === null || partner < 0 ? null : (other.states[partner] ?? null);
    const subject = index.subjectNames[index.subjects[i] ?? 0] ?? '';
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
    for (const place of places ?? []) all.push({ task, place, margin: index.margins[place] ?? Number.NaN });
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
function titleOf(document: DocumentView | undefined): string {
  if (document === undefined) return '';
  return document.question
    .slice(0, 2 * TITLE_LENGTH)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, TITLE_LENGTH);
}
