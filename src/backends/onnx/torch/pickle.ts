/**
 * Reads the pickle of a PyTorch state dict and knows tensors and nothing else: the few opcodes that `torch.save` writes for them, and the few names that they need, none of which is
 * ever looked up or called. What else a pickle asks for is refused by name. Each opcode is looked at once and nothing is followed, so no pickle takes longer than its length.
 */

/** Types of storages, with the names that safetensors has for them. */
const STORAGES: Readonly<Record<string, string>> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  ComplexFloatStorage: 'C64',
};

/** A piece of memory that tensors are views of. */
export interface Storage {
  readonly kind: 'storage';
  readonly dtype: string;
  readonly key: string;
  /** Numbers in it. */
  readonly count: number;
}

/** A view of a storage; offset and strides in numbers. */
export interface PickledTensor {
  readonly kind: 'tensor';
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

interface Global {
  readonly kind: 'global';
  readonly name: string;
}
interface Dict {
  readonly kind: 'dict';
  readonly entries: Map<Value, Value>;
}
/** A tuple or a list. */
interface Sequence {
  readonly kind: 'sequence';
  readonly items: Value[];
}
/** Something that no tensor needs, such as a number of bytes or the state of an object. */
interface Other {
  readonly kind: 'other';
}
type Value = string | number | boolean | null | Storage | PickledTensor | Global | Dict | Sequence | Other;

const OTHER: Other = { kind: 'other' };
const REBUILD = 'torch._utils._rebuild_tensor_v2';
const PARAMETER = 'torch._utils._rebuild_parameter';
const ORDERED = 'collections.OrderedDict';
/** Longest integer, in bytes, that is a size. */
const SIZE_BYTES = 8;

const isAllowed = (name: string): boolean =>
  name === REBUILD ||
  name === PARAMETER ||
  name === ORDERED ||
  (name.startsWith('torch.') && Object.hasOwn(STORAGES, name.slice('torch.'.length)));

function isKind<K extends Exclude<Value, string | number | boolean | null>['kind']>(
  value: Value | undefined,
  kind: K,
): value is Extract<Value, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

const isCount = (value: Value | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function counts(value: Value | undefined): number[] | null {
  if (!isKind(value, 'sequence')) return null;
  const sizes = value.items.filter(isCount);
  return sizes.length === value.items.length ? sizes : null;
}

/**
 * Returns the tensors of a pickled dictionary by name; entries that are no tensors are left out. Throws what `fail` throws for a pickle that is damaged, or that asks for anything else
 * than tensors: nothing of it is run.
 */
export function readPickle(bytes: Buffer, fail: (what: string) => never): Map<string, PickledTensor> {
  const damaged = (): never => fail('its data.pkl is damaged; fetch it again');
  const stack: Value[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Value>();
  let at = 0;

  function take(length: number): number {
    const from = at;
    if (length > bytes.length - at) damaged();
    at += length;
    return from;
  }
  const pop = (): Value => {
    // A mark stands between what belongs to it and what does not.
    if (stack.length <= (marks.at(-1) ?? 0)) return damaged();
    return stack.pop() ?? null;
  };
  const toMark = (): Value[] => stack.splice(marks.pop() ?? damaged());
  const text = (length: number): string => {
    const from = take(length);
    return bytes.toString('utf8', from, from + length);
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    return end < 0 ? damaged() : text(end + 1 - at).slice(0, -1);
  };
  const remember = (index: number): void => {
    memo.set(index, stack.at(-1) ?? null);
  };
  const recall = (index: number): void => {
    const value = memo.get(index);
    if (value === undefined) damaged();
    else stack.push(value);
  };
  const global = (module: string, name: string): void => {
    const whole = `${module}.${name}`;
    if (!isAllowed(whole))
      fail(
        `asks for ${JSON.stringify(whole.slice(0, 100))}, which no tensor needs; refused, and nothing of it was run. Save the model with save_pretrained, which writes safetensors`,
      );
    stack.push({ kind: 'global', name: whole });
  };
  const set = (pairs: readonly Value[]): void => {
    const target = stack.at(-1);
    if (!isKind(target, 'dict') || pairs.length % 2 !== 0) damaged();
    else for (let i = 0; i + 1 < pairs.length; i += 2) target.entries.set(pairs[i] ?? null, pairs[i + 1] ?? null);
  };
  const append = (items: readonly Value[]): void => {
    const target = stack.at(-1);
    if (!isKind(target, 'sequence')) damaged();
    else for (const item of items) target.items.push(item);
  };
  const tuple = (items: Value[]): void => {
    stack.push({ kind: 'sequence', items });
  };

  /** ('storage', type, key, device, count) */
  function storage(): Storage {
    const id = pop();
    if (!isKind(id, 'sequence')) return damaged();
    const [word, type, key, , count] = id.items;
    if (word !== 'storage' || !isKind(type, 'global') || typeof key !== 'string' || !isCount(count)) return damaged();
    const dtype = STORAGES[type.name.slice('torch.'.length)];
    return dtype === undefined ? damaged() : { kind: 'storage', dtype, key, count };
  }

  function call(): Value {
    const args = pop();
    const callee = pop();
    if (!isKind(callee, 'global') || !isKind(args, 'sequence')) return damaged();
    const [first, offset, size, stride] = args.items;
    if (callee.name === ORDERED) return { kind: 'dict', entries: new Map() };
    if (callee.name === PARAMETER) return isKind(first, 'tensor') ? first : damaged();
    const [shape, strides] = [counts(size), counts(stride)];
    if (callee.name !== REBUILD || !isKind(first, 'storage') || !isCount(offset)) return damaged();
    if (shape === null || strides === null || shape.length !== strides.length) return damaged();
    return { kind: 'tensor', storage: first, offset, shape, strides };
  }

  /** A whole number of `length` bytes, the lowest first; what is longer than a size is none. */
  function long(length: number): Value {
    const from = take(length);
    if (length > SIZE_BYTES) return OTHER;
    const value =
      length === 0
        ? 0n
        : BigInt.asIntN(
            8 * length,
            BigInt(
              `0x${Buffer.from(bytes.subarray(from, from + length))
                .reverse()
                .toString('hex')}`,
            ),
          );
    return Number.isSafeInteger(Number(value)) ? Number(value) : OTHER;
  }

  while (at < bytes.length) {
    const op = bytes.readUInt8(take(1));
    switch (op) {
      case 0x80: // PROTO
        take(1);
        break;
      case 0x95: // FRAME
        take(8);
        break;
      case 0x2e: {
        // STOP
        const whole = pop();
        if (!isKind(whole, 'dict')) return fail('holds no dictionary of tensors; a model saved as a whole is refused: save its state_dict');
        const tensors = new Map<string, PickledTensor>();
        for (const [name, value] of whole.entries) if (typeof name === 'string' && isKind(value, 'tensor')) tensors.set(name, value);
        return tensors;
      }
      case 0x28: // MARK
        marks.push(stack.length);
        break;
      case 0x7d: // EMPTY_DICT
        stack.push({ kind: 'dict', entries: new Map() });
        break;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        tuple([]);
        break;
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(op === 0x88);
        break;
      case 0x4b: // BININT1
        stack.push(bytes.readUInt8(take(1)));
        break;
      case 0x4d: // BININT2
        stack.push(bytes.readUInt16LE(take(2)));
        break;
      case 0x4a: // BININT
        stack.push(bytes.readInt32LE(take(4)));
        break;
      case 0x8a: // LONG1
        stack.push(long(bytes.readUInt8(take(1))));
        break;
      case 0x47: // BINFLOAT
        stack.push(bytes.readDoubleBE(take(8)));
        break;
      case 0x58: // BINUNICODE
        stack.push(text(bytes.readUInt32LE(take(4))));
        break;
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        stack.push(text(bytes.readUInt8(take(1))));
        break;
      case 0x71: // BINPUT
        remember(bytes.readUInt8(take(1)));
        break;
      case 0x72: // LONG_BINPUT
        remember(bytes.readUInt32LE(take(4)));
        break;
      case 0x94: // MEMOIZE
        remember(memo.size);
        break;
      case 0x68: // BINGET
        recall(bytes.readUInt8(take(1)));
        break;
      case 0x6a: // LONG_BINGET
        recall(bytes.readUInt32LE(take(4)));
        break;
      case 0x63: // GLOBAL
        global(line(), line());
        break;
      case 0x93: {
        // STACK_GLOBAL
        const name = pop();
        const module = pop();
        if (typeof name !== 'string' || typeof module !== 'string') return damaged();
        global(module, name);
        break;
      }
      case 0x74: // TUPLE
        tuple(toMark());
        break;
      case 0x85: // TUPLE1
        tuple([pop()]);
        break;
      case 0x86: // TUPLE2
        tuple([pop(), pop()].reverse());
        break;
      case 0x87: // TUPLE3
        tuple([pop(), pop(), pop()].reverse());
        break;
      case 0x51: // BINPERSID
        stack.push(storage());
        break;
      case 0x52: // REDUCE
        stack.push(call());
        break;
      case 0x73: {
        // SETITEM
        const value = pop();
        set([pop(), value]);
        break;
      }
      case 0x75: // SETITEMS
        set(toMark());
        break;
      case 0x61: // APPEND
        append([pop()]);
        break;
      case 0x65: // APPENDS
        append(toMark());
        break;
      case 0x62: // BUILD: attributes of a dictionary, such as its metadata, which are left out.
        pop();
        if (!isKind(stack.at(-1), 'dict')) return damaged();
        break;
      default:
        return fail(`its data.pkl has the opcode 0x${op.toString(16)}, which no tensor needs; refused, and nothing of it was run`);
    }
  }
  return damaged();
}
