import fc from 'fast-check';
import { UserError } from '../../src/errors.js';

/** Cases of each parser; a longer job sets EUS_EVAL_FUZZ_RUNS and EUS_EVAL_FUZZ_SEED. */
export const runs = Number(process.env.EUS_EVAL_FUZZ_RUNS ?? 10_000);
export const options = { numRuns: runs, seed: Number(process.env.EUS_EVAL_FUZZ_SEED ?? 20_260_101) };
export const TIMEOUT = 120_000 + runs * 20;
/** What reading small hostile inputs may add to the process, in bytes. */
const MEMORY = 900 * 1024 * 1024;
const start = process.memoryUsage().rss;
const prototype = Object.getOwnPropertyNames(Object.prototype).length;
const arrayPrototype = Object.getOwnPropertyNames(Array.prototype).length;
let cases = 0;

/** Throws unless the error is one clear line of bounded length. */
export function checkClear(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
  if (/[\p{Cc}\u2028\u2029]/u.test(error.message) || error.message.length > 2000 || error.message === '')
    throw new Error(`no clear line: ${JSON.stringify(error.message)}`);
}

function checkProcess(): void {
  if (
    Object.getOwnPropertyNames(Object.prototype).length !== prototype ||
    Object.getOwnPropertyNames(Array.prototype).length !== arrayPrototype
  )
    throw new Error('a prototype was changed');
  if (++cases % 500 === 0 && process.memoryUsage().rss > start + MEMORY) throw new Error('too much memory');
}

/** Calls `parse`, which may give a value or throw one clear line, and nothing else. Null stands for the line. */
export function survives<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    checkClear(error);
    return null;
  } finally {
    checkProcess();
  }
}

/** The same for what takes time. */
export async function survivesLater<T>(parse: () => Promise<T>): Promise<T | null> {
  try {
    return await parse();
  } catch (error) {
    checkClear(error);
    return null;
  } finally {
    checkProcess();
  }
}

/** Stands for JSON that cannot be a JavaScript value; put into the text at the end. */
const RAW: Readonly<Record<string, string>> = {
  '@nan@': 'NaN',
  '@inf@': '-Infinity',
  '@huge@': '9'.repeat(400),
  '@odd@': '9007199254740993',
  '@big@': '1e400',
  '@deep@': `${'['.repeat(4000)}${']'.repeat(4000)}`,
  '@deepo@': `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
};

/** Values that no reader expects. */
const WEIRD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  3,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53,
  1e21,
  '',
  'a',
  'NaN',
  '1',
  '-1',
  ' ',
  'x'.repeat(3000),
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '/dev/zero',
  'a\nb\rc\u2028d',
  '\u001b[31m',
  '\u0000',
  '\ud800',
  '\u202e',
  '<script>',
  [],
  {},
  [[]],
  [null],
  [1, 'a'],
  { a: 1 },
  { __proto__: null, constructor: 1 },
  '@nan@',
  '@inf@',
  '@huge@',
  '@odd@',
  '@big@',
];
const DEEP = ['@deep@', '@deepo@'];
const KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'a,b', '../x', 'é', '0', 'x'.repeat(500), 'a\nb'];

type Edit = readonly [number, number, number, number];
/** fast-check likes small numbers; taken as places and kinds they would make most cases the same, so they are spread first. */
const spread = fc.nat(1_000_000).map((n) => Math.imul(n + 1, 0x9e3779b1) >>> 3);
const edit: fc.Arbitrary<Edit> = fc.tuple(spread, spread, spread, spread);

interface Place {
  readonly owner: Record<string, unknown> | unknown[];
  readonly key: string;
}

function places(value: unknown, found: Place[]): Place[] {
  if (typeof value !== 'object' || value === null || found.length > 400) return found;
  const owner = value as Record<string, unknown> | unknown[];
  for (const key of Object.keys(owner)) {
    found.push({ owner, key });
    places((owner as Record<string, unknown>)[key], found);
  }
  return found;
}

function set(owner: Place['owner'], key: string, value: unknown): void {
  Object.defineProperty(owner, key, { value, enumerable: true, configurable: true, writable: true });
}

function change(root: { value: unknown }, [where, kind, what, more]: Edit): void {
  const all = places(root, []);
  const place = all[where % all.length];
  if (place === undefined) return;
  const { owner, key } = place;
  const own = (owner as Record<string, unknown>)[key];
  const weird = what % 60 === 0 ? DEEP[more % DEEP.length] : structuredClone(WEIRD[what % WEIRD.length]);
  switch (kind % 10) {
    case 0:
      if (Array.isArray(owner)) owner.splice(Number(key), 1);
      else delete owner[key];
      return;
    case 1:
      if (Array.isArray(owner)) owner.push(structuredClone(own));
      else set(owner, KEYS[more % KEYS.length] ?? '', structuredClone(own));
      return;
    case 2:
      if (Array.isArray(own)) own.push(weird);
      else if (typeof own === 'object' && own !== null) set(own as Record<string, unknown>, KEYS[more % KEYS.length] ?? '', weird);
      else set(owner, key, [own]);
      return;
    case 3: {
      const other = all[more % all.length];
      if (other !== undefined) set(owner, key, structuredClone((other.owner as Record<string, unknown>)[other.key]));
      return;
    }
    case 4:
      if (typeof own === 'number') set(owner, key, [-own, own + 1, own * 1e9, own / 3, own + 0.5][more % 5]);
      else if (typeof own === 'string')
        set(
          owner,
          key,
          [`${own}\n`, own.slice(1), own + own, own.toUpperCase(), `../${own}`, own.slice(0, more % (own.length + 1))][more % 6],
        );
      else set(owner, key, weird);
      return;
    default:
      set(owner, key, weird);
  }
}

/** Texts of JSON values near the given ones: fields dropped, doubled, moved, replaced; sometimes bytes of the text as well. */
export function nearJson(bases: readonly unknown[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(bases.length - 1), fc.array(edit, { minLength: 1, maxLength: 4 }), spread, edit)
    .map(([base, edits, tearing, torn]) => {
      const root = { value: structuredClone(bases[base]) };
      for (const one of edits) change(root, one);
      const text = (JSON.stringify(root.value) ?? '').replace(/"(@[a-z]+@)"/g, (whole, name: string) => RAW[name] ?? whole);
      return tearing % 7 > 0 ? text : tear(text, torn, JSON_PIECES);
    });
}

const JSON_PIECES = ['{', '}', '[', ']', '"', ':', ',', '\\', '\\u', '\n', '-', '1e9', 'null', '"__proto__":', '\u0000', '\ufeff', ' '];

function tear(text: string, [where, kind, what, more]: Edit, pieces: readonly string[]): string {
  const at = where % (text.length + 1);
  const to = Math.min(text.length, at + 1 + (more % 12));
  switch (kind % 6) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, to) + text.slice(at);
    case 3:
      return text.slice(0, at) + (pieces[what % pieces.length] ?? '') + text.slice(to);
    default:
      return text.slice(0, at) + (pieces[what % pieces.length] ?? '') + text.slice(at);
  }
}

/** Texts near the given ones: parts dropped, doubled, cut off, pieces put in. One in five is noise of pieces alone. */
export function nearText(bases: readonly string[], pieces: readonly string[]): fc.Arbitrary<string> {
  const torn = fc
    .tuple(fc.nat(bases.length - 1), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([base, edits]) => edits.reduce((text, one) => tear(text, one, pieces), bases[base] ?? ''));
  const noise = fc.array(fc.nat(pieces.length - 1), { maxLength: 25 }).map((picked) => picked.map((i) => pieces[i] ?? '').join(''));
  return fc.oneof({ weight: 4, arbitrary: torn }, { weight: 1, arbitrary: noise });
}

/**
 * A property whose cases let the test runner breathe now and then: a test that keeps the thread for a minute counts as dead there.
 */
export function property<A>(a: fc.Arbitrary<A>, check: (a: A) => void | Promise<void>): fc.IAsyncProperty<[[A]]>;
export function property<A, B>(
  a: fc.Arbitrary<A>,
  b: fc.Arbitrary<B>,
  check: (a: A, b: B) => void | Promise<void>,
): fc.IAsyncProperty<[[A, B]]>;
export function property<A, B, C>(
  a: fc.Arbitrary<A>,
  b: fc.Arbitrary<B>,
  c: fc.Arbitrary<C>,
  check: (a: A, b: B, c: C) => void | Promise<void>,
): fc.IAsyncProperty<[[A, B, C]]>;
export function property<A, B, C, D>(
  a: fc.Arbitrary<A>,
  b: fc.Arbitrary<B>,
  c: fc.Arbitrary<C>,
  d: fc.Arbitrary<D>,
  check: (a: A, b: B, c: C, d: D) => void | Promise<void>,
): fc.IAsyncProperty<[[A, B, C, D]]>;
export function property(...parts: readonly unknown[]): fc.IAsyncProperty<[unknown[]]> {
  const check = parts.at(-1) as (...values: unknown[]) => void | Promise<void>;
  const tuple = fc.tuple(...(parts.slice(0, -1) as fc.Arbitrary<unknown>[]));
  let n = 0;
  return fc.asyncProperty(tuple, async (values) => {
    await check(...values);
    if (++n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  });
}
