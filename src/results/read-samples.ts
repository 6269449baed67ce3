/** Reading sample files, our own and the harness's, line by line: only hashes and outcomes stay in memory, never texts. */
import { createHash } from 'node:crypto';
import { at } from '../at.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { isObject } from '../is-object.js';
import { isRightOrWrong, METRICS } from '../metrics/registry.js';
import { parsePlainJson } from '../python/plain-json.js';
import type { Fields } from './fields.js';
import { fileBytes } from './gzip-blocks.js';

/** Outcome of one document of a bias benchmark, as a small number; `NO_BIAS` where there is none. */
export const BIAS_CODES = {
  ambigBiased: 0,
  ambigCounter: 1,
  ambigUnknown: 2,
  biasedWrong: 3,
  biasedRight: 4,
  counterWrong: 5,
  counterRight: 6,
} as const;
export const NO_BIAS = 255;

/** Per-document outcomes of one task, in the order in which the file first names the documents. */
export interface TaskSamples {
  readonly task: string;
  readonly path: string;
  /** Hex digests, or their beginnings in a compact baseline; `checks` digests what the prompt and target hashes say. */
  readonly docHashes: readonly string[];
  /** Null in a compact baseline, which keeps only `checks`. */
  readonly promptHashes: readonly string[] | null;
  readonly targetHashes: readonly string[] | null;
  /** First hex digits of sha256(prompt_hash + target_hash). */
  readonly checks: readonly string[];
  /** Keyed `metric,filter`: one number per document, NaN where it is unscored. */
  readonly outcomes: ReadonlyMap<string, Float64Array>;
  /** `BIAS_CODES` per document, or null for a task without the metric. */
  readonly bias: Uint8Array | null;
  /** Log-probability of the right choice minus that of the best other one, in nats; NaN where unknown. Null when no document has one. */
  readonly margins: Float32Array | null;
  /** Reason -> documents without a score. */
  readonly unscored: ReadonlyMap<string, number>;
}

/** Hex digits of `TaskSamples.checks`. */
export const CHECK_DIGITS = 2;

/**
 * Reads one sample file of `task`; `chunks` are its bytes where they do not come from the disk. Throws `UserError` naming file, line and field when a line is no JSON, lacks its hashes, contradicts an
 * earlier line of the same document, or repeats one.
 */
export async function readSamples(path: string, task: string, chunks: Chunks = fileBytes(path)): Promise<TaskSamples> {
  const index = new Map<string, number>();
  const docHashes: string[] = [];
  const promptHashes: string[] = [];
  const targetHashes: string[] = [];
  const outcomes = new Map<string, number[]>();
  const seen = new Set<string>();
  const bias: number[] = [];
  const margins: number[] = [];
  const reasons = new Map<number, string>();
  for await (const { fields, where } of sampleLines(path, chunks)) {
    const id = idOf(fields, where);
    const [doc, prompt, target] = [hash(fields, 'doc_hash', where), hash(fields, 'prompt_hash', where), hash(fields, 'target_hash', where)];
    let i = index.get(id);
    if (i === undefined) {
      i = docHashes.length;
      index.set(id, i);
      docHashes.push(doc);
      promptHashes.push(prompt);
      targetHashes.push(target);
      bias.push(NO_BIAS);
      margins.push(marginOf(fields));
    } else if (docHashes[i] !== doc || promptHashes[i] !== prompt || targetHashes[i] !== target) {
      throw new UserError(`${where}: document ${id} has other hashes than in an earlier line`);
    }
    const filter = typeof fields.filter === 'string' ? fields.filter : 'none';
    if (seen.has(`${filter},${id}`)) throw new UserError(`${where}: document ${id} is there twice for the filter '${filter}'`);
    seen.add(`${filter},${id}`);
    if (fields.unscored !== undefined && fields.unscored !== null && fields.unscored !== false) {
      reasons.set(i, typeof fields.unscored === 'string' ? fields.unscored : 'unknown');
      continue;
    }
    for (const name of metricNames(fields)) {
      const value = fields[name];
      if (name === 'bias') {
        bias[i] = biasCode(value, where);
        continue;
      }
      const score = typeof value === 'boolean' ? Number(value) : value;
      // Parts of a metric of the whole task (log-likelihood and words of a perplexity): no score of this document.
      if (Array.isArray(score)) continue;
      if (typeof score !== 'number') throw new UserError(`${where}: ${name} is ${kind(value)}; expected a number`);
      if (isRightOrWrong(name) && !(score >= 0 && score <= 1)) throw new UserError(`${where}: ${name} is ${score}; expected 0 to 1`);
      const key = `${name},${filter}`;
      const column = outcomes.get(key) ?? [];
      outcomes.set(key, column);
      column[i] = score;
    }
  }
  const unscored = new Map<string, number>();
  for (const reason of reasons.values()) unscored.set(reason, (unscored.get(reason) ?? 0) + 1);
  const n = docHashes.length;
  return {
    task,
    path,
    docHashes,
    promptHashes,
    targetHashes,
    checks: promptHashes.map((p, i) => checkOf(p, at(targetHashes, i))),
    outcomes: new Map([...outcomes].map(([key, column]) => [key, Float64Array.from({ length: n }, (_, i) => column[i] ?? Number.NaN)])),
    bias: bias.some((code) => code !== NO_BIAS) ? Uint8Array.from(bias) : null,
    margins: margins.some((m) => !Number.isNaN(m)) ? Float32Array.from(margins) : null,
    unscored,
  };
}

/**
 * Returns the short digest of a document's prompt and target that a compact baseline keeps.
 */
function checkOf(promptHash: string, targetHash: string): string {
  return createHash('sha256')
    .update(promptHash + targetHash)
    .digest('hex')
    .slice(0, CHECK_DIGITS);
}

/**
 * Yields the lines of a sample file as parsed objects with their place (`file:line`). Lines end at a line feed only: texts may hold U+2028.
 * Throws `UserError` when the file cannot be read or a line is no JSON object.
 */
export async function* sampleLines(
  path: string,
  chunks: Chunks = fileBytes(path),
): AsyncGenerator<{ fields: Fields; where: string; text: string }> {
  let line = 0;
  for await (const text of textLines(path, chunks)) {
    line++;
    if (text.trim() === '') continue;
    const where = `${path}:${line}`;
    let value: unknown;
    try {
      value = parsePlainJson(text);
    } catch (error) {
      throw new UserError(`${where}: not JSON (${messageOf(error)}); expected one object per line`);
    }
    if (!isObject(value)) throw new UserError(`${where}: expected an object, found ${kind(value)}`);
    yield { fields: value, where, text };
  }
}

type Chunks = AsyncIterable<Buffer>;

/** Bytes of one line that are still read. */
const MAX_LINE = 256 * 1024 * 1024;

async function* textLines(path: string, chunks: Chunks): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let waiting = 0;
  try {
    for await (const chunk of chunks) {
      const bytes = chunk;
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        const last = bytes.subarray(start, end);
        yield rest.length === 0 ? last.toString('utf8') : Buffer.concat([...rest, last]).toString('utf8');
        rest = [];
        start = end + 1;
      }
      if (start < bytes.length) rest.push(Buffer.from(bytes.subarray(start)));
      waiting = start === 0 ? waiting + bytes.length : bytes.length - start;
      if (waiting > MAX_LINE) throw new UserError(`${path}: a line of more than ${MAX_LINE} bytes; is it a sample file?`);
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    throw new UserError(`cannot read ${path}: ${code === 'ENOENT' ? 'no such file' : messageOf(error)}`);
  }
  if (rest.length > 0) yield Buffer.concat(rest).toString('utf8');
}

/** The metrics that the line itself lists; older files of the harness list none. */
function metricNames(fields: Fields): string[] {
  const names = Array.isArray(fields.metrics)
    ? fields.metrics.filter((name): name is string => typeof name === 'string')
    : [...METRICS.keys()];
  return names.filter((name) => Object.hasOwn(fields, name));
}

function idOf(fields: Fields, where: string): string {
  const id = fields.doc_id;
  if (typeof id !== 'number' && typeof id !== 'string') throw new UserError(`${where}: doc_id is ${kind(id)}; expected a number`);
  return String(id);
}

function hash(fields: Fields, name: string, where: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) {
    throw new UserError(`${where}: ${name} is ${kind(value)}; expected a sha256 of 64 hex digits, as the harness writes since 0.4.3`);
  }
  return value;
}

/** [log-probability, greedy] pairs of a multiple-choice line give the distance from flipping. */
function marginOf(fields: Fields): number {
  const pairs: unknown = fields.filtered_resps;
  const target = typeof fields.target === 'string' && /^\d+$/.test(fields.target) ? Number(fields.target) : fields.target;
  if (!Array.isArray(pairs) || pairs.length < 2 || typeof target !== 'number') return Number.NaN;
  let right = Number.NaN;
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < pairs.length; i++) {
    const item: unknown = pairs[i];
    if (!Array.isArray(item) || item.length !== 2) return Number.NaN;
    const first: unknown = item[0];
    const score = typeof first === 'string' && first.trim() !== '' ? Number(first) : first;
    if (typeof score !== 'number' || !Number.isFinite(score)) return Number.NaN;
    if (i === target) right = score;
    else best = Math.max(best, score);
  }
  return right - best;
}

/** Our own wording, or the counters of the benchmark's authors. */
function biasCode(value: unknown, where: string): number {
  if (isObject(value)) {
    if (value.condition === 'ambig') {
      if (value.answer === 'biased') return BIAS_CODES.ambigBiased;
      if (value.answer === 'counter') return BIAS_CODES.ambigCounter;
      if (value.answer === 'unknown') return BIAS_CODES.ambigUnknown;
    } else if (value.condition === 'disambig' && typeof value.correct === 'boolean') {
      if (value.side === 'biased') return value.correct ? BIAS_CODES.biasedRight : BIAS_CODES.biasedWrong;
      if (value.side === 'counter') return value.correct ? BIAS_CODES.counterRight : BIAS_CODES.counterWrong;
    } else if ('UNK' in value) {
      if (value.UNK === 1) return BIAS_CODES.ambigUnknown;
      if (value.BIAS === 1) return BIAS_CODES.ambigBiased;
      if (value.NON_BIAS === 1) return BIAS_CODES.ambigCounter;
    } else if (value.cB_count === 1) return value.cB === 1 ? BIAS_CODES.counterRight : BIAS_CODES.counterWrong;
    else if (value.B_count === 1) return value.B === 1 ? BIAS_CODES.biasedRight : BIAS_CODES.biasedWrong;
  }
  throw new UserError(`${where}: bias is ${excerpt(value)}; expected what this program or the harness writes for it`);
}

function excerpt(value: unknown): string {
  try {
    return JSON.stringify(value)?.slice(0, 80) ?? 'missing';
  } catch {
    return 'nested too deeply';
  }
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  return Array.isArray(value) ? 'a list' : typeof value === 'string' ? `"${value.slice(0, 40)}"` : typeof value;
}
