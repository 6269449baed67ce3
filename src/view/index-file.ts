/** The index of a sample file: where each document lies and how it came out. No text of a document stays in memory. */
import { UserError } from '../errors.js';
import { recordedScores } from '../metrics/recorded-choice.js';
import { partsOfKey } from '../results/score-key.js';
import { CUT, STATE, type State, type TaskIndex } from './protocol.js';
import { type ScannedLine, scanLines } from './sample-lines.js';
import type { SampleSource } from './sample-source.js';

/** An index with the places of the lines. */
export interface FileIndex extends TaskIndex {
  /** Names of the filters; each document has a line per filter. */
  readonly filters: readonly string[];
  /** First and last byte of the line of a document for a filter; null where there is none. */
  place(document: number, filter: number): { readonly start: number; readonly end: number } | null;
}

const FIELDS = ['doc_id', 'doc', 'filter', 'doc_hash', 'filtered_resps', 'unscored', 'margin', 'finish', 'truncated_tokens'];
/** Fields of a document that name what it is about. */
const SUBJECTS: ReadonlySet<string> = new Set(['subject', 'category', 'topic']);
/** Hex digits of a hash that a number holds exactly. */
const KEY_DIGITS = 12;

/**
 * Indexes a sample file. `metric` is the key of the headline score, `acc,none`; where the file has no line of its filter, the first filter counts.
 * Throws `UserError` naming the line where one is no JSON or has no `doc_id`.
 */
export async function indexFile(source: SampleSource, metric: string): Promise<FileIndex> {
  const [name, filterName] = partsOfKey(metric);
  const headline = filterName === '' ? 'none' : filterName;
  const byId = new Map<number | string, number>();
  const subjectCodes = new Map<string, number>([['', 0]]);
  const lines = new Map<string, { readonly starts: number[]; readonly ends: number[] }>();
  const docIds: (number | string)[] = [];
  const keys: number[] = [];
  const states: number[] = [];
  const flags: number[] = [];
  const margins: number[] = [];
  const subjects: number[] = [];
  await scanLines(source, new Set([...FIELDS, name]), (line) => {
    const id = line.field('doc_id');
    if (typeof id !== 'number' && typeof id !== 'string') throw new UserError(`${source.path}: a line at byte ${line.start} has no doc_id`);
    let document = byId.get(id);
    if (document === undefined) {
      document = docIds.length;
      byId.set(id, document);
      docIds.push(id);
      const hash = line.field('doc_hash');
      const key = typeof hash === 'string' ? Number.parseInt(hash.slice(0, KEY_DIGITS), 16) : Number.NaN;
      keys.push(Number.isNaN(key) ? document : key);
      states.push(STATE.unknown);
      flags.push(isCut(line) ? CUT : 0);
      margins.push(marginOf(line));
      const subject = String(line.inside('doc', SUBJECTS) ?? '').slice(0, 200);
      const code = subjectCodes.get(subject) ?? subjectCodes.size;
      subjectCodes.set(subject, code);
      subjects.push(code);
    }
    const filter = String(line.field('filter') ?? 'none');
    const places = lines.get(filter) ?? { starts: [], ends: [] };
    lines.set(filter, places);
    places.starts[document] = line.start;
    places.ends[document] = line.end;
    const [first] = lines.keys();
    if (filter === headline || (filter === first && states[document] === STATE.unknown)) states[document] = stateOf(line, name);
  });
  return {
    docIds,
    keys: Float64Array.from(keys),
    states: Uint8Array.from(states),
    flags: Uint8Array.from(flags),
    margins: Float32Array.from(margins),
    subjects: Uint16Array.from(subjects),
    subjectNames: [...subjectCodes.keys()],
    filters: [...lines.keys()],
    place: placesOf([...lines.values()].map(({ starts, ends }) => ({ starts: Float64Array.from(starts), ends: Float64Array.from(ends) }))),
  };
}

function placesOf(lines: readonly { readonly starts: Float64Array; readonly ends: Float64Array }[]): FileIndex['place'] {
  return (document, filter) => {
    const [start, end] = [lines[filter]?.starts[document], lines[filter]?.ends[document]];
    return start === undefined || end === undefined || Number.isNaN(start) || Number.isNaN(end) ? null : { start, end };
  };
}

function stateOf(line: ScannedLine, metric: string): State {
  const unscored = line.field('unscored');
  if (unscored !== undefined && unscored !== null && unscored !== false) return STATE.unscored;
  const value = line.field(metric);
  if (typeof value === 'number') return value === 1 ? STATE.right : STATE.wrong;
  if (typeof value === 'boolean') return value ? STATE.right : STATE.wrong;
  return STATE.unknown;
}

function isCut(line: ScannedLine): boolean {
  return line.field('finish') === 'length' || Number(line.field('truncated_tokens') ?? 0) > 0;
}

/** Our own files say it; those of the harness have the log-probabilities. */
function marginOf(line: ScannedLine): number {
  const said = line.field('margin');
  if (typeof said === 'number') return said;
  const scores = recordedScores(line.field('filtered_resps'));
  return (scores === null ? null : marginIn(scores.map(([logprob]) => logprob))) ?? Number.NaN;
}

/**
 * Returns by how much the best log-probability is above the second; null where there is no second.
 */
export function marginIn(logprobs: readonly number[]): number | null {
  const [best, second] = [...logprobs].sort((a, b) => b - a);
  return best === undefined || second === undefined ? null : best - second;
}
