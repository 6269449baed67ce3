import { at } from '../at.js';
import { listOf } from './iterate.js';
import { toText } from './print.js';
import {
  type Arguments,
  asIndex,
  bind,
  Callable,
  Dict,
  Namespace,
  NativeFunction,
  native,
  Range,
  type Runtime,
  Special,
} from './values.js';
import { spend, TemplateError } from './work.js';

/** Numbers of one range; Jinja's sandbox sets the same bound. */
const MAX_RANGE = 100_000;

function makeRange(args: Arguments): Runtime {
  if (args.named.size > 0 || args.positional.length < 1 || args.positional.length > 3)
    throw new TemplateError('range wants one to three integers');
  const bounds = args.positional.map((value) => asIndex(value, 'a bound of range'));
  const [first = 0, second, step = 1] = bounds;
  if (step === 0) throw new TemplateError('range with step 0');
  const range = second === undefined ? new Range(0, first, 1) : new Range(first, second, step);
  if (range.size > MAX_RANGE) throw new TemplateError(`a range of more than ${MAX_RANGE} numbers`);
  return range;
}

/** Pairs of `dict(...)` and `namespace(...)`: an object or a list of pairs, then names. */
function pairsOf(name: string, args: Arguments): (readonly [Runtime, Runtime])[] {
  if (args.positional.length > 1) throw new TemplateError(`${name} takes at most one value by place`);
  const [given] = args.positional;
  const pairs: (readonly [Runtime, Runtime])[] = [];
  if (given instanceof Dict) {
    spend(given.size);
    for (const pair of given.entries()) pairs.push(pair);
  } else if (given !== undefined) {
    for (const item of listOf(given)) {
      const [key, value, more] = listOf(item);
      if (key === undefined || value === undefined || more !== undefined) throw new TemplateError(`${name} wants pairs`);
      pairs.push([key, value]);
    }
  }
  return [...pairs, ...args.named];
}

/** `cycler(...)`: values in turn. */
class Cycler extends Special {
  readonly type = 'Cycler';
  #at = 0;

  constructor(private readonly items: readonly Runtime[]) {
    super();
  }

  override attribute(name: string): Runtime | undefined {
    switch (name) {
      case 'current':
        return at(this.items, this.#at);
      case 'next':
        return native(name, '', () => {
          const item = at(this.items, this.#at);
          this.#at = (this.#at + 1) % this.items.length;
          return item;
        });
      case 'reset':
        return native(name, '', () => {
          this.#at = 0;
          return null;
        });
      default:
        return undefined;
    }
  }
}

/** `joiner(...)`: nothing the first time, then the separator. */
class Joiner extends Callable {
  readonly type = 'Joiner';
  #used = false;

  constructor(private readonly separator: Runtime) {
    super();
  }

  override call(args: Arguments): Runtime {
    bind('a joiner', args, '');
    if (this.#used) return this.separator;
    this.#used = true;
    return '';
  }
}

/** Jinja's global functions. */
const FUNCTIONS: readonly NativeFunction[] = [
  new NativeFunction('range', makeRange),
  new NativeFunction('dict', (args) => new Dict(pairsOf('dict', args))),
  new NativeFunction('namespace', (args) => {
    const fields = pairsOf('namespace', args).map(([key, value]) => [toText(key), value] as const);
    return new Namespace(new Map(fields));
  }),
  new NativeFunction('cycler', (args) => {
    if (args.positional.length === 0 || args.named.size > 0) throw new TemplateError('cycler wants values');
    return new Cycler(args.positional);
  }),
  native('joiner', 'sep', ([separator = ', ']) => new Joiner(separator)),
  new NativeFunction('lipsum', () => {
    throw new TemplateError("'lipsum' gives random text and is not supported");
  }),
];
export const GLOBALS: ReadonlyMap<string, Runtime> = new Map(FUNCTIONS.map((one) => [one.name, one]));
