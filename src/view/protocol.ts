/** What the page asks for and is answered: plain data, the same from a server and from an exported file. */
import type { Language } from '../types.js';

/** Outcome of a document under the headline metric of its benchmark. */
export const STATE = { wrong: 0, right: 1, unscored: 2, unknown: 3 } as const;
export type State = (typeof STATE)[keyof typeof STATE];

/** Bits of `TaskIndex.flags`: the answer ended at its limit, or the prompt was cut. */
export const CUT = 1;

export interface Catalog {
  readonly version: string;
  readonly runs: readonly RunInfo[];
}

/** Results of one model in one prompt family. */
export interface RunInfo {
  readonly id: string;
  readonly model: string;
  readonly family: string;
  /** Seconds since the epoch. */
  readonly date: number;
  readonly limit: number | null;
  readonly shard: string | null;
  readonly tasks: readonly TaskInfo[];
}

/** One task of a run: a benchmark by itself, or a part of one. */
export interface TaskInfo {
  readonly name: string;
  readonly benchmark: string;
  readonly language: Language | null;
  readonly category: string | null;
  /** Key of the headline number, `acc,none`, and its value; null where the run has none. */
  readonly metric: string;
  readonly value: number | null;
  readonly stderr: number | null;
  /** Documents that the results file counts. */
  readonly documents: number;
  /** False where the run kept no samples. */
  readonly samples: boolean;
}

/** One number per document of a task, in the order of its file. */
export interface TaskIndex {
  readonly docIds: readonly (number | string)[];
  /** The first 48 bits of the document's hash. */
  readonly keys: ArrayLike<number>;
  readonly states: ArrayLike<number>;
  readonly flags: ArrayLike<number>;
  /** Nats between the predicted choice and the best other one; NaN (null in JSON) where unknown. */
  readonly margins: ArrayLike<number | null>;
  /** Index into `subjectNames`; the empty name stands for none. */
  readonly subjects: ArrayLike<number>;
  readonly subjectNames: readonly string[];
}

export const FILTERS = ['all', 'right', 'wrong', 'flipped', 'gained', 'lost', 'unscored', 'cut'] as const;
export type Filter = (typeof FILTERS)[number];
/** Filters that need another run. */
export const FLIPS: ReadonlySet<Filter> = new Set(['flipped', 'gained', 'lost']);

/** Which documents: of everything, of a language, of a benchmark or of a task. */
export interface Query {
  readonly run: string;
  /** The run that is held against it, or null. */
  readonly other: string | null;
  /** `all`, `language:eu`, `benchmark:NAME` or `task:NAME`. */
  readonly scope: string;
  readonly subject: string | null;
  readonly filter: Filter;
  /** Words that must all stand in the texts of the document. */
  readonly text: string;
  /** `margin`: the surest mistakes and the surest hits first. */
  readonly sort: 'order' | 'margin';
}

/** One line of the list. */
export interface Row {
  readonly task: string;
  readonly docId: number | string;
  readonly state: State;
  /** In the other run; null without one, or where it lacks the document. */
  readonly otherState: State | null;
  readonly cut: boolean;
  readonly margin: number | null;
  /** The beginning of the question, on one line. */
  readonly title: string;
}

/** Numbers of documents. */
export const COUNTED = ['all', 'right', 'wrong', 'gained', 'lost', 'unscored', 'cut'] as const satisfies readonly Filter[];
export type Counts = Record<(typeof COUNTED)[number], number>;

/**
 * Returns counts of nothing, to be counted up.
 */
export function noCounts(): Counts {
  return { all: 0, right: 0, wrong: 0, gained: 0, lost: 0, unscored: 0, cut: 0 };
}

/** Counts of every task that has been read, and how many tasks that is. */
export interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly tasks: Readonly<Record<string, { readonly counts: Counts; readonly subjects: Readonly<Record<string, Counts>> }>>;
  /** Tasks whose samples cannot be read, with the reason. */
  readonly broken: Readonly<Record<string, string>>;
}

/** Fields of a sample that are true where something odd happened. */
export const NOTES = ['thinking_removed', 'thinking_unfinished', 'empty', 'unparsable', 'gold_out_of_range', 'doubled_bos'] as const;

export interface Message {
  readonly role: string;
  readonly content: string;
}

/** A document with its texts, as one run asked and answered it. */
export interface DocumentView {
  readonly task: string;
  readonly docId: number | string;
  readonly docHash: string;
  readonly promptHash: string;
  /** Everything before the question: description, few-shot examples, system message. */
  readonly shots: string;
  readonly question: string;
  /** Of a prompt in messages: all of them; `question` is the last then. */
  readonly messages: readonly Message[] | null;
  readonly choices: readonly { readonly text: string; readonly logprob: number | null; readonly greedy: boolean }[] | null;
  /** Index of the right choice; null for generated answers. */
  readonly target: number | null;
  readonly targetText: string;
  readonly predicted: number | null;
  readonly margin: number | null;
  /** Null for choices. */
  readonly generated: string | null;
  readonly filters: readonly { readonly name: string; readonly taken: string; readonly metrics: Readonly<Record<string, string>> }[];
  readonly finish: string | null;
  /** What is told of the language of a generated answer. */
  readonly language: string | null;
  /** What odd happened, and the tokens cut from the prompt. */
  readonly notes: readonly (typeof NOTES)[number][];
  readonly truncatedTokens: number;
  readonly unscored: string | null;
  readonly error: string | null;
  /** The document of the data set, as indented JSON. */
  readonly doc: string;
}

export interface Pair {
  readonly run: DocumentView | null;
  readonly other: DocumentView | null;
}

/** Answers the page. */
export interface Source {
  catalog(): Promise<Catalog>;
  /** Number of documents of a query. */
  list(query: Query): Promise<{ readonly total: number }>;
  /** Lines of the list from a place on; fewer at its end. */
  rows(query: Query, from: number, count: number): Promise<readonly Row[]>;
  summary(run: string, other: string | null): Promise<Summary>;
  document(run: string, other: string | null, task: string, docId: number | string): Promise<Pair>;
  /** Place of a document in the list of a query; -1 where it is not in it. */
  find(query: Query, task: string, docId: number | string): Promise<number>;
}
