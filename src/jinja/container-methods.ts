import { PyFloat } from '../python/float.js';
import { isFloat, isInteger } from '../python/number.js';
import { equals } from './operators.js';
import { asIndex, type Dict, NativeFunction, native, type Runtime, Tuple, Undefined, View, weightOf } from './values.js';
import { spend, TemplateError } from './work.js';

/** Methods that change their owner: Python's sandbox does not let chat templates call them, and here nothing changes. */
const LIST_CHANGES = ['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort'];
const DICT_CHANGES = ['clear', 'pop', 'popitem', 'setdefault', 'update'];

/** A value like Jinja's for an unsafe attribute: calling it is an error that says what is the matter. */
function changing(owner: string, name: string): Undefined {
  return new Undefined(`'${name}' changes ${owner}, which templates may not do here`, false);
}

/**
 * Returns a place in a list or text of so many items as one from 0 to its length or more; a negative one counts from the end, and what is not given or None is
 * `otherwise`. Throws `TemplateError` for other values.
 */
export function placeIn(length: number, place: Runtime | undefined, otherwise: number): number {
  const index = place === undefined || place === null ? otherwise : asIndex(place, 'a place');
  return Math.max(0, index < 0 ? index + length : index);
}

/**
 * Returns the method of a list or tuple, or undefined when Python has none of that name.
 */
export function listMethod(owner: readonly Runtime[] | Tuple, name: string): Runtime | undefined {
  const items = owner instanceof Tuple ? owner.items : owner;
  if (name === 'index') {
    return native(name, '/item! /start /stop', ([item = null, start, stop]) => {
      spend(items.length);
      const from = placeIn(items.length, start, 0);
      const index = items.slice(from, placeIn(items.length, stop, items.length)).findIndex((other) => equals(other, item));
      if (index < 0) throw new TemplateError(typeof item === 'string' ? `'${item}' is not in the list` : 'the item is not in the list');
      return from + index;
    });
  }
  if (name === 'count') {
    return native(name, '/item!', ([item = null]) => {
      spend(items.length);
      return items.filter((other) => equals(other, item)).length;
    });
  }
  if (owner instanceof Tuple) return undefined;
  if (name === 'copy') return native(name, '', () => items);
  return LIST_CHANGES.includes(name) ? changing('a list', name) : undefined;
}

/**
 * Returns the method of an object, or undefined when Python's dict has none of that name.
 */
export function dictMethod(owner: Dict, name: string): Runtime | undefined {
  switch (name) {
    case 'items':
    case 'keys':
    case 'values':
      return native(name, '', () => {
        spend(owner.size);
        return new View(name, owner);
      });
    case 'get':
      return native(name, '/key! /default', ([key = null, otherwise = null]) => {
        const value = owner.get(key);
        return value === undefined ? otherwise : value;
      });
    case 'copy':
      return native(name, '', () => owner);
    case 'fromkeys':
      return new NativeFunction(name, () => {
        throw new TemplateError("'fromkeys' is not supported");
      });
    default:
      return DICT_CHANGES.includes(name) ? changing('an object', name) : undefined;
  }
}

/** Python's other attributes of numbers. */
const UNSUPPORTED = ['as_integer_ratio', 'bit_count', 'from_bytes', 'fromhex', 'hex', 'to_bytes'];

/**
 * Returns the attribute of a number or boolean, or undefined when Python has none of that name.
 */
export function numberAttribute(value: boolean | number | bigint | PyFloat, name: string): Runtime | undefined {
  const itself = typeof value === 'boolean' ? Number(value) : value;
  const float = isFloat(itself);
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
      return native(name, '', () => itself);
    case 'bit_length':
      if (float) return undefined;
      return native(name, '', () => {
        spend(weightOf(itself));
        const size = BigInt(itself);
        return size === 0n ? 0 : (size < 0n ? -size : size).toString(2).length;
      });
    case 'is_integer':
      if (!float) return undefined;
      return native(name, '', () => value instanceof PyFloat && isInteger(value.value));
    default:
      if (UNSUPPORTED.includes(name)) throw new TemplateError(`'${name}' is not supported`);
      return undefined;
  }
}
