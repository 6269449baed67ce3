import { PyFloat } from '../python/float.js';
import { isFloat, isInteger, numberOf } from '../python/number.js';
import { codePointLength, pyRepr } from '../python/strings.js';
import { spend, TemplateError } from './work.js';

/**
 * A value while a template runs. Integers are numbers (bigint beyond 2^53), floats are numbers with a fraction or `PyFloat`, lists are arrays; nothing
 * but a namespace ever changes.
 */
export type Runtime = null | boolean | string | number | bigint | PyFloat | readonly Runtime[] | Special;

/** Values that are neither numbers, texts nor lists; each kind is a class below or beside the code that makes it. */
export abstract class Special {
  /** Python's name of the type. */
  abstract readonly type: string;

  /** An attribute by name, or undefined where Python finds none. */
  attribute(_name: string): Runtime | undefined {
    return undefined;
  }

  /** Python's `len`; null where there is none. */
  get size(): number | null {
    return null;
  }

  /** What a `for` loop walks over, null where that is an error. Counts the work. */
  walked(): readonly Runtime[] | null {
    return null;
  }

  /** The text that Python's `repr` gives, null where it is an address in memory or made of the values inside. */
  get printed(): string | null {
    return null;
  }
}

/** Arguments of a call: positional ones and those with a name. */
export interface Arguments {
  readonly positional: readonly Runtime[];
  readonly named: ReadonlyMap<string, Runtime>;
}

/** What can be called: functions, methods, macros. */
export abstract class Callable extends Special {
  abstract call(args: Arguments): Runtime;
}

/** A function of the environment, or a method bound to its owner. */
export class NativeFunction extends Callable {
  readonly type = 'function';

  constructor(
    readonly name: string,
    private readonly run: (args: Arguments) => Runtime,
  ) {
    super();
  }

  override call(args: Arguments): Runtime {
    return this.run(args);
  }
}

/** A name, field or item that does not exist. */
export class Undefined extends Special {
  readonly type = 'Undefined';

  /** `strict`: any use but `is defined` and `default` is an error, as with Jinja's StrictUndefined; otherwise it prints as nothing. */
  constructor(
    readonly message: string,
    readonly strict: boolean,
  ) {
    super();
  }

  override attribute(_name: string): Runtime | undefined {
    throw new TemplateError(this.message);
  }

  override get size(): number {
    checkStrict(this);
    return 0;
  }

  override walked(): readonly Runtime[] {
    checkStrict(this);
    return [];
  }

  override get printed(): string {
    return 'Undefined';
  }
}

/**
 * Returns a value, or the undefined value with a message where there is none; None is a value.
 */
export function orUndefined(value: Runtime | undefined, message: string, strict: boolean): Runtime {
  return value === undefined ? new Undefined(message, strict) : value;
}

/**
 * Returns the value. Throws `TemplateError` when it is an undefined name.
 */
export function present(value: Runtime): Exclude<Runtime, Undefined> {
  if (value instanceof Undefined) throw new TemplateError(value.message);
  return value;
}

/**
 * Throws `TemplateError` when the value is an undefined name of the strict kind.
 */
export function checkStrict(value: Runtime): void {
  if (value instanceof Undefined && value.strict) throw new TemplateError(value.message);
}

export class Tuple extends Special {
  readonly type: string = 'tuple';

  constructor(readonly items: readonly Runtime[]) {
    super();
  }

  override get size(): number {
    return this.items.length;
  }

  override walked(): readonly Runtime[] {
    return this.items;
  }
}

/** The text that `safe`, `escape` and Jinja's own `tojson` give: what is added to it gets its HTML characters escaped. */
export class Markup extends Special {
  readonly type = 'Markup';

  constructor(readonly text: string) {
    super();
  }

  override get size(): number {
    spend(this.text.length >> 2);
    return codePointLength(this.text);
  }

  override walked(): readonly Runtime[] {
    return charactersOf(this.text);
  }

  override get printed(): string {
    return `Markup(${pyRepr(this.text)})`;
  }
}

/**
 * Returns the characters of a text; counts the work.
 */
export function charactersOf(text: string): readonly string[] {
  spend(text.length);
  return Array.from(text);
}

export class Dict extends Special {
  readonly type = 'dict';
  readonly #entries = new Map<string, readonly [Runtime, Runtime]>();

  /** Later entries replace the values of equal keys (1, 1.0 and True are one key), at their first place and under their first key. */
  constructor(entries: Iterable<readonly [Runtime, Runtime]>) {
    super();
    for (const [key, value] of entries) {
      const code = keyOf(key);
      this.#entries.set(code, [this.#entries.get(code)?.[0] ?? key, value]);
    }
  }

  get(key: Runtime): Runtime | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }

  has(key: Runtime): boolean {
    return this.#entries.has(keyOf(key));
  }

  override get size(): number {
    return this.#entries.size;
  }

  override walked(): readonly Runtime[] {
    spend(this.size);
    return this.keys();
  }

  /** Pairs of key and value in their order. */
  entries(): readonly (readonly [Runtime, Runtime])[] {
    return [...this.#entries.values()];
  }

  keys(): readonly Runtime[] {
    return this.entries().map(([key]) => key);
  }

  values(): readonly Runtime[] {
    return this.entries().map(([, value]) => value);
  }
}

/** `dict.keys()`, `.values()` and `.items()`: they can be walked over more than once, but have no items by number. */
export class View extends Special {
  readonly type: string;

  constructor(
    readonly kind: 'keys' | 'values' | 'items',
    readonly dict: Dict,
  ) {
    super();
    this.type = `dict_${kind}`;
  }

  items(): readonly Runtime[] {
    if (this.kind === 'items') return this.dict.entries().map((pair) => new Tuple(pair));
    return this.kind === 'keys' ? this.dict.keys() : this.dict.values();
  }

  override get size(): number {
    return this.dict.size;
  }

  override walked(): readonly Runtime[] {
    spend(this.size);
    return this.items();
  }
}

/** What filters such as `map` and `select` give: items made while they are asked for, once. */
export class Lazy extends Special {
  readonly type = 'generator';

  constructor(readonly iterator: Iterator<Runtime>) {
    super();
  }
}

/** `range(...)`. */
export class Range extends Special {
  readonly type = 'range';

  constructor(
    readonly start: number,
    readonly stop: number,
    readonly step: number,
  ) {
    super();
  }

  override get size(): number {
    return Math.max(0, Math.ceil((this.stop - this.start) / this.step));
  }

  override walked(): readonly Runtime[] {
    spend(this.size);
    return Array.from({ length: this.size }, (_, i) => this.start + i * this.step);
  }

  override get printed(): string {
    return `range(${this.start}, ${this.stop}${this.step === 1 ? '' : `, ${this.step}`})`;
  }
}

/** The object of `namespace(...)`, whose attributes `set` may change. */
export class Namespace extends Special {
  readonly type = 'Namespace';

  constructor(readonly fields: Map<string, Runtime>) {
    super();
  }

  override attribute(name: string): Runtime | undefined {
    return this.fields.get(name);
  }
}

/** `Array.isArray` for values: TypeScript does not narrow read-only arrays by itself. */
export function isList(value: Runtime): value is readonly Runtime[] {
  return Array.isArray(value);
}

/** Keys of tuples; values never change. */
const tupleKeys = new WeakMap<Tuple, string>();

/**
 * Returns a text that is the same for keys that Python holds equal; counts the work. Throws `TemplateError` for what cannot be a key.
 */
export function keyOf(value: Runtime): string {
  if (!(value instanceof Tuple)) {
    spend(1 + (typeof value === 'bigint' ? weightOf(value) : (textOf(value)?.length ?? 0) / 16));
    return keyInside(value);
  }
  let key = tupleKeys.get(value);
  if (key === undefined) {
    spend(weightOf(value));
    key = keyInside(value);
    tupleKeys.set(value, key);
  }
  spend(1 + (key.length >> 4));
  return key;
}

function keyInside(value: Runtime): string {
  if (typeof value === 'string') return `s${value}`;
  if (value === null) return 'None';
  const number = numberOf(value);
  if (number !== null) return Number.isInteger(number) && typeof number === 'number' ? `n${BigInt(number)}` : `n${number}`;
  if (value instanceof Tuple) return `(${value.items.map((item) => delimited(keyInside(item))).join('')})`;
  if (value instanceof Markup) return `s${value.text}`;
  if (value instanceof Undefined) {
    checkStrict(value);
    return 'Undefined';
  }
  throw new TemplateError(`${typeName(value)} cannot be the key of an object`);
}

/** A text behind its length: quotes would be escaped again at every level of a nested tuple, twice as long each time. */
function delimited(text: string): string {
  return `${text.length}:${text}`;
}

const NAMES: Readonly<Record<string, string>> = {
  Undefined: 'an undefined name',
  Namespace: 'a namespace',
  dict: 'an object',
  tuple: 'a tuple',
  Markup: 'a text marked as safe',
  function: 'a function',
  Macro: 'a macro',
  generator: 'a generator (what map, select and their like give; use |list)',
};

/**
 * Returns the name of a value's type, for messages.
 */
export function typeName(value: Runtime): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'a boolean';
  if (isInteger(value)) return 'an integer';
  if (typeof value !== 'object' || value instanceof PyFloat) return 'a float';
  if (value instanceof Special) return NAMES[value.type] ?? `a ${value.type}`;
  return 'a list';
}

interface Size {
  readonly weight: number;
  readonly depth: number;
}

/** Sizes of lists and objects; values never change. */
const sizes = new WeakMap<object, Size>();
/** Lists inside lists; printing and comparing call themselves for each level. */
const MAX_DEPTH = 200;
/** Printing a float takes longer than an integer. */
const FLOAT_WEIGHT = 4;

/**
 * Returns how many characters and items printing or comparing a value meets, what stands in it twice counted twice. Throws `TemplateError` when it nests
 * too deeply.
 */
export function weightOf(value: Runtime): number {
  return sizeOf(value, 0).weight;
}

function sizeOf(value: Runtime, above: number): Size {
  if (typeof value === 'string') return { weight: value.length + 1, depth: 0 };
  // The hexadecimal digits of an integer are found at once, the decimal ones are not.
  if (typeof value === 'bigint') return { weight: value.toString(16).length, depth: 0 };
  if (value === null || typeof value !== 'object' || value instanceof PyFloat)
    return { weight: isFloat(value) ? FLOAT_WEIGHT : 1, depth: 0 };
  if (value instanceof Markup) return { weight: value.text.length + 1, depth: 0 };
  const known = sizes.get(value);
  const size = known ?? measured(value, above);
  if (above + size.depth > MAX_DEPTH) throw new TemplateError(`a value nested deeper than ${MAX_DEPTH}`);
  if (known === undefined) sizes.set(value, size);
  return size;
}

function measured(value: readonly Runtime[] | Special, above: number): Size {
  if (above > MAX_DEPTH) throw new TemplateError(`a value nested deeper than ${MAX_DEPTH}`);
  let weight = 1;
  let depth = 0;
  for (const part of partsOf(value)) {
    const inner = sizeOf(part, above + 1);
    weight += inner.weight;
    depth = Math.max(depth, inner.depth);
  }
  return { weight, depth: depth + 1 };
}

function partsOf(value: readonly Runtime[] | Special): readonly Runtime[] {
  if (value instanceof Tuple) return value.items;
  if (value instanceof View) return [value.dict];
  if (value instanceof Dict) return value.entries().flat();
  return value instanceof Special ? [] : value;
}

/**
 * Returns an integer as a JavaScript number, booleans as 0 and 1; null for all other values.
 */
export function indexOf(value: Runtime | undefined): number | null {
  return isInteger(value) || typeof value === 'boolean' ? Number(value) : null;
}

/**
 * Returns an index or count as a JavaScript number; booleans count as 0 and 1. Throws `TemplateError` when the value is no integer.
 */
export function asIndex(value: Runtime | undefined, what: string): number {
  return indexOf(value) ?? refuse(value, what, 'an integer');
}

function refuse(value: Runtime | undefined, what: string, kind: string): never {
  throw new TemplateError(`${what} must be ${kind}, not ${value === undefined ? 'missing' : typeName(value)}`);
}

/**
 * Returns a text, also one marked as safe; null for all other values.
 */
export function textOf(value: Runtime | undefined): string | null {
  return typeof value === 'string' ? value : value instanceof Markup ? value.text : null;
}

/**
 * Returns what a filter made of a text: marked as safe where the text was.
 */
export function markedAs(before: Runtime, text: string): Runtime {
  return before instanceof Markup ? new Markup(text) : text;
}

/**
 * Returns a text argument. Throws `TemplateError` when the value is no text.
 */
export function asText(value: Runtime | undefined, what: string): string {
  return textOf(value) ?? refuse(value, what, 'a text');
}

/** Values of declared parameters, undefined where one is not given. */
export type Given = readonly (Runtime | undefined)[];

interface Parameter {
  readonly name: string;
  readonly byPlaceOnly: boolean;
  readonly required: boolean;
}

/** Signatures that have been read. */
const signatures = new Map<string, readonly Parameter[]>();

function parametersOf(signature: string): readonly Parameter[] {
  let known = signatures.get(signature);
  if (known === undefined) {
    const words = signature === '' ? [] : signature.split(' ');
    known = words.map((word) => ({ name: word.replace(/^\/|!$/g, ''), byPlaceOnly: word.startsWith('/'), required: word.endsWith('!') }));
    signatures.set(signature, known);
  }
  return known;
}

/**
 * Returns the arguments of a call in the order of a signature: names between blanks, with `/` in front where one can only be given by place, and `!` behind where
 * it must be given. Throws `TemplateError` for too many arguments, unknown names and what is missing.
 */
export function bind(owner: string, args: Arguments, signature: string): Given {
  const parameters = parametersOf(signature);
  if (args.positional.length > parameters.length) throw new TemplateError(`${owner} takes at most ${parameters.length} arguments`);
  const bound: (Runtime | undefined)[] = [...args.positional];
  for (const [name, value] of args.named) {
    const place = parameters.findIndex((parameter) => parameter.name === name && !parameter.byPlaceOnly);
    if (place < 0) throw new TemplateError(`${owner} has no argument '${name}'`);
    if (place < args.positional.length) throw new TemplateError(`${owner} got two values for '${name}'`);
    bound[place] = value;
  }
  const missing = parameters.find(({ required }, i) => required && bound[i] === undefined);
  if (missing !== undefined) throw new TemplateError(`${owner} wants an argument '${missing.name}'`);
  return bound;
}

/**
 * Returns a function with the parameters of a signature (see `bind`).
 */
export function native(name: string, signature: string, run: (given: Given) => Runtime): NativeFunction {
  return new NativeFunction(name, (args) => run(bind(name, args, signature)));
}
