import { PyFloat } from '../python/float.js';
import { isFloat, isInteger, numberOf } from '../python/number.js';
import { equals } from './operators.js';
import { asIndex, bind, type Dict, NativeFunction, type Runtime, Tuple, Undefined, View } from './values.js';
import { spend, TemplateError } from './work.js';

/** Methods that change their owner: Python's sandbox does not let chat templates call them, and here nothing changes. */
const CHANGES = ['append', 'clear', 'extend', 'insert', 'pop', 'popitem', 'remove', 'reverse', 'setdefault', 'sort', 'update'];

/** A value like Jinja's for an unsafe attribute: calling it is an error that says what is the matter. */
function changing(owner: string, name: string): Undefined {
  return new Undefined(`'${name}' changes ${owner}, which templates may not do here`, false);
}

/** A method without arguments. */
function without(name: string, run: () => Runtime): NativeFunction {
  return new NativeFunction(name, (args) => {
    bind(name, args, []);
    return run();
  });
}

/**
 * Returns the method of a list or tuple, or undefined when Python has none of that name.
 */
export function listMethod(owner: readonly Runtime[] | Tuple, name: string): Runtime | undefined {
  const tuple = owner instanceof Tuple;
  const items = tuple ? owner.items : owner;
  switch (name) {
    case 'index':
      return new NativeFunction(name, (args) => {
        const [item, start, stop] = bind(name, args, ['/item', '/start', '/stop']);
        if (item === undefined) throw new TemplateError('index wants an item');
        const clip = (at: Runtime | undefined, otherwise: number) => {
          if (at === undefined) return otherwise;
          const place = asIndex(at, 'a place');
          return Math.max(0, place < 0 ? place + items.length : place);
        };
        const end = Math.min(items.length, clip(stop, items.length));
        for (let i = clip(start, 0); i < end; i++) if (equals(items[i] ?? null, item)) return i;
        throw new TemplateError(typeof item === 'string' ? `'${item}' is not in the list` : 'the item is not in the list');
      });
    case 'count':
      return new NativeFunction(name, (args) => {
        const [item] = bind(name, args, ['/item']);
        if (item === undefined) throw new TemplateError('count wants an item');
        return items.filter((other) => equals(other, item)).length;
      });
    case 'copy':
      return tuple ? undefined : without(name, () => items);
    default:
      return !tuple && CHANGES.includes(name) && !['popitem', 'setdefault', 'update'].includes(name) ? changing('a list', name) : undefined;
  }
}

/**
 * Returns the method of an object, or undefined when Python's dict has none of that name.
 */
export function dictMethod(owner: Dict, name: string): Runtime | undefined {
  switch (name) {
    case 'items':
    case 'keys':
    case 'values':
      return new NativeFunction(name, (args) => {
        bind(name, args, []);
        spend(owner.size);
        return new View(name, owner);
      });
    case 'get':
      return new NativeFunction(name, (args) => {
        const [key, otherwise] = bind(name, args, ['/key', '/default']);
        if (key === undefined) throw new TemplateError('get wants a key');
        const value = owner.get(key);
        return value === undefined ? (otherwise ?? null) : value;
      });
    case 'copy':
      return without(name, () => owner);
    case 'fromkeys':
      return new NativeFunction(name, () => {
        throw new TemplateError("'fromkeys' is not supported");
      });
    case 'clear':
    case 'pop':
    case 'popitem':
    case 'setdefault':
    case 'update':
      return changing('an object', name);
    default:
      return undefined;
  }
}

/** Python's other attributes of numbers. */
const UNSUPPORTED = ['as_integer_ratio', 'bit_count', 'from_bytes', 'fromhex', 'hex', 'to_bytes'];

/**
 * Returns the attribute of a number or boolean, or undefined when Python has none of that name.
 */
export function numberAttribute(value: boolean | number | bigint | PyFloat, name: string): Runtime | undefined {
  const float = isFloat(value);
  const itself = typeof value === 'boolean' ? Number(value) : value;
  switch (name) {
    case 'real':
      return itself;
    case 'imag':
      return float ? new PyFloat(0) : 0;
    case 'numerator':
      return float ? undefined : itself;
    case 'denominator':
      return float ? undefined : 1;
    case 'conjugate':
      return without(name, () => itself);
    case 'bit_length':
      if (float) return undefined;
      return new NativeFunction(name, (args) => {
        bind(name, args, []);
        const size = BigInt(numberOf(value) ?? 0);
        return size === 0n ? 0 : (size < 0n ? -size : size).toString(2).length;
      });
    case 'is_integer':
      if (!float) return undefined;
      return without(name, () => value instanceof PyFloat && isInteger(value.value));
    default:
      if (UNSUPPORTED.includes(name)) throw new TemplateError(`'${name}' is not supported`);
      return undefined;
  }
}
