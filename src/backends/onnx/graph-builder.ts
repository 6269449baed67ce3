/** Collects nodes, inputs, outputs and initializers of a graph; initializers may point into safetensors files. */

import path from 'node:path';
import { at } from '../../at.js';
import { UserError } from '../../errors.js';
import type { NarrowedTensor } from './narrow-weights.js';
import {
  ATTRIBUTE,
  type AttributeMessage,
  ELEMENT,
  type ElementName,
  encodeModel,
  type GraphMessage,
  type TensorMessage,
} from './proto.js';
import { writeDequantized } from './quantization/dequantize.js';
import { type LowRank, WEIGHT_BYTES, type Weights, type WeightType } from './safetensors.js';
import type { TensorPlace } from './tensor-place.js';

/** Operator domains: ONNX's own and ONNX Runtime's contributed operators. */
export type Domain = '' | 'com.microsoft';
/** A whole number becomes an int attribute; `{ float }` forces a float; `{ graph }` is the body of a loop. */
export type Attribute = number | string | readonly number[] | { readonly float: number } | { readonly graph: GraphMessage };
/** Size, name of a symbolic size, or null for a size that has no name. */
export type Dimension = number | string | null;

const ONNX_TYPE: Readonly<Record<WeightType, ElementName>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** A matrix of the model's files as the graph holds it. */
export interface StoredMatrix {
  readonly name: string;
  /** The compute type, or one of fewer bits, to be widened where it is used. */
  readonly type: ElementName;
  /** What its numbers are to be multiplied by: a power of two. */
  readonly scale: number;
  /** It lies as [inputs, outputs], not as [outputs, inputs]. */
  readonly transposed: boolean;
}

/** What a matrix is for: to be multiplied with, or to have rows looked up in it and nothing else. */
export type MatrixUse = 'product' | 'rows';

/**
 * How matrices that are multiplied with lie: as the files have them, [outputs, inputs], or transposed. The kernels of WebGPU are two to three times faster on the latter.
 */
export type MatrixLayout = 'outputs first' | 'inputs first';

/**
 * Which matrices stay in the files as they are, to be mapped into memory by the system and widened where they are used: none; tables that rows are looked up in, of which a run touches
 * few pages; or all, so that no copy in the compute type is made, at the price of widening each matrix in each run.
 */
export type MatrixStorage = 'widened' | 'rows as stored' | 'as stored';

/** What a graph makes of the weights in memory. */
export interface WeightMemory {
  /** Numbers that lie in memory in the compute type. */
  readonly widened: number;
  /** Bytes of the files that stay mapped. */
  readonly mapped: number;
  /** Of these the bytes that every run reads whole. */
  readonly mappedWhole: number;
  /** Numbers of the largest matrix that is multiplied with, and of all of them. */
  readonly largest: number;
  readonly products: number;
}

/** Rows `start` to before `start + count`. */
export interface RowRange {
  readonly start: number;
  readonly count: number;
}

/**
 * Matrices that lie in float16 although the graph computes in 32 bits, by name: their numbers are multiplied by two to this power. Where there are any, all tensors are read
 * when the session is made (`GraphBuilder.loads`), because the runtime takes all of them from files or all from memory.
 */
export type NarrowMatrices = ReadonlyMap<string, number>;

export interface GraphBuilder {
  /** Adds a node with one output and returns that output's name. */
  node(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>, domain?: Domain): string;
  /**
   * Adds a node of constants before all others. The runtime goes back from the outputs and computes what stands last first, so that a matrix that is widened here is widened when its
   * product is due; behind the rows that it is multiplied with, all matrices would be widened before the first product, and lie in memory together.
   */
  leading(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  /** Adds a node with several or chosen output names ('' skips an optional one). */
  nodeTo(
    outputs: readonly string[],
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: Domain,
  ): void;
  /** An int64 constant; `dims` [] for a scalar. */
  int64(values: readonly number[], dims?: readonly number[]): string;
  /** The same as int32, for which cards have kernels. */
  int32(values: readonly number[], dims?: readonly number[]): string;
  /** A float32 constant under a name of its own. */
  floats(name: string, values: Float32Array, dims: readonly number[]): string;
  /** A scalar constant of the compute type. */
  scalar(value: number): string;
  /** A tensor of the compute type that holds one value everywhere. */
  filled(value: number, dims: readonly number[]): string;
  /** The tensor of the model's files under this name, cast to the compute type where it is of another; checks its shape. */
  weight(name: string, shape: readonly number[]): string;
  /** The same for a matrix, or some of its rows, which may lie in fewer bits than the compute type, and transposed where the layout wants it for this use. */
  matrix(name: string, shape: readonly number[], rows?: RowRange, use?: MatrixUse): StoredMatrix;
  /** What must be read and brought into another form when the session is made; empty where all tensors are taken from the files as they are. */
  readonly loads: readonly NarrowedTensor[];
  has(name: string): boolean;
  /** Whether the matrix of this name is quantized; it lies as [outputs, inputs] then, whatever lies so in files that are not. */
  isQuantized(name: string): boolean;
  /** Bytes of a file as a tensor of any type and shape. Throws `UserError` where there are more or fewer of them. */
  stored(name: string, place: TensorPlace, type: ElementName, dims: readonly number[]): string;
  /** A constant of whole numbers of a byte, or of float32. */
  table(name: string, type: 'uint8' | 'int8' | 'float32', values: readonly number[], dims: readonly number[]): string;
  /** The first size of a tensor of the files; null where there is none of this name. */
  rowsOf(name: string): number | null;
  input(name: string, type: ElementName, dims: readonly Dimension[]): string;
  /** An output; without `dims` its shape is left open. */
  output(name: string, type: ElementName, dims: readonly Dimension[] | null): void;
  /**
   * Starts the body of a loop. It sees everything of this graph by name; weights that it asks for are added to the outermost graph, constants to the body, so that
   * constants which only shape things stay in host memory.
   */
  body(name: string): GraphBuilder;
  /** The graph as it stands, to be an attribute of a loop. */
  readonly message: GraphMessage;
  /** The model file's bytes. */
  build(): Uint8Array;
  /** Operators used: `domain:op`, sorted. */
  operators(): string[];
  readonly compute: ElementName;
  readonly storage: MatrixStorage;
  /** What has been asked for so far. */
  memory(): WeightMemory;
}

/** For a graph over no model's files. */
export const NO_WEIGHTS: Weights = { tensors: new Map(), added: new Map(), root: '', digests: {}, bytes: 0, leftOut: null };

function attributeMessage(name: string, value: Attribute): AttributeMessage {
  if (typeof value === 'string') return { name, type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { name, type: ATTRIBUTE.int, i: value };
  if ('graph' in value) return { name, type: ATTRIBUTE.graph, g: value.graph };
  if ('float' in value) return { name, type: ATTRIBUTE.float, f: value.float };
  return { name, type: ATTRIBUTE.ints, ints: [...value] };
}

const TABLE_ARRAY = { uint8: Uint8Array, int8: Int8Array, float32: Float32Array } as const;
/** Bits of a number of a stored tensor. */
const BITS: Readonly<Record<ElementName, number>> = {
  ...{ uint4: 4, bool: 8, uint8: 8, int8: 8, float8: 8, float16: 16, bfloat16: 16 },
  ...{ float32: 32, int32: 32, int64: 64 },
};

const rowsName = (name: string, rows: RowRange | undefined): string => (rows === undefined ? name : `${name}:${rows.start}`);

/** Numbers of a tensor, or of some of its rows. */
function numbersOf([all = 1, ...inner]: readonly number[], rows: RowRange | undefined): number {
  return inner.reduce((product, d) => product * d, rows?.count ?? all);
}

/** Bytes of a float as `type`, rounded to nearest even for the 16-bit types (bfloat16; float16 for normal numbers). */
function scalarBytes(value: number, type: ElementName): Uint8Array {
  if (type === 'float32') return new Uint8Array(Float32Array.of(value).buffer);
  const bits = at(new Uint32Array(Float32Array.of(value).buffer), 0);
  if (type === 'bfloat16') return new Uint8Array(Uint16Array.of((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16).buffer);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent <= 0) return new Uint8Array(Uint16Array.of(sign).buffer);
  if (exponent >= 31) return new Uint8Array(Uint16Array.of(sign | 0x7c00).buffer);
  const half = (exponent << 10) | (mantissa >>> 13);
  return new Uint8Array(Uint16Array.of(sign | (half + ((mantissa & 0x1fff) + ((mantissa >>> 13) & 1) > 0x1000 ? 1 : 0))).buffer);
}

/**
 * Starts a graph whose floating-point values are of type `compute`. `weight` throws `UserError` for a tensor that is missing, of another shape,
 * or of a type that holds no weights.
 */
export function newGraph(
  weights: Weights,
  compute: ElementName,
  modelFolder: string,
  narrow: NarrowMatrices = new Map(),
  layout: MatrixLayout = 'outputs first',
  storage: MatrixStorage = 'widened',
): GraphBuilder {
  return build(weights, compute, modelFolder, narrow, layout, storage, 'eus-eval', null, { serial: 0 });
}

/** Makes the builder of a graph, or of the body `name` inside `outer`; names are unique over all of them, for which they share a counter. */
function build(
  weights: Weights,
  compute: ElementName,
  modelFolder: string,
  narrow: NarrowMatrices,
  layout: MatrixLayout,
  storage: MatrixStorage,
  name: string,
  outer: GraphBuilder | null,
  counter: { serial: number },
): GraphBuilder {
  const graph: GraphMessage = { name, node: [], initializer: [], input: [], output: [] };
  const known = new Map<string, string>();
  const loads: NarrowedTensor[] = [];
  const memory = { widened: 0, mapped: 0, mappedWhole: 0, largest: 0, products: 0 };
  const prefix = outer === null ? '' : `${name}:`;

  function add(key: string, tensor: (name: string) => TensorMessage): string {
    const done = known.get(key);
    if (done !== undefined) return done;
    const own = `${prefix}${key}`;
    known.set(key, own);
    graph.initializer.push(tensor(own));
    return own;
  }

  /** A tensor of the files or some of its rows, of `type`. `change`: how a matrix of 16 bits is brought into another form; null: it stays as it is. */
  function external(
    name: string,
    place: TensorPlace,
    type: ElementName,
    rows: RowRange | undefined,
    change: { readonly exponent: number; readonly transpose: boolean } | null,
  ): TensorMessage {
    const [all = 1, ...inner] = place.shape;
    const rowBytes = place.length / all;
    const offset = place.offset + (rows?.start ?? 0) * rowBytes;
    const length = rows === undefined ? place.length : rows.count * rowBytes;
    const dims = rows === undefined ? [...place.shape] : [rows.count, ...inner];
    let location = path.relative(weights.root, place.file).split(path.sep).join('/');
    if (narrow.size > 0) {
      location = `tensor/${name}`;
      const exponent = change !== null && place.dtype === 'BF16' ? change.exponent : null;
      const columns = change?.transpose === true ? at(place.shape, 1) : null;
      loads.push({ location, file: place.file, offset, length, exponent, columns });
    }
    return {
      name,
      dims: change?.transpose === true ? dims.reverse() : dims,
      dataType: ELEMENT[type],
      dataLocation: 1,
      externalData: [
        { key: 'location', value: location },
        { key: 'offset', value: String(narrow.size > 0 ? 0 : offset) },
        { key: 'length', value: String(length) },
      ],
    };
  }

  /** Throws `UserError` for a tensor of another shape than the config says. */
  function find(name: string, shape: readonly number[]): TensorPlace {
    const place = weights.tensors.get(name);
    if (place === undefined) throw new UserError(`${modelFolder}: tensor ${name} is missing; expected shape [${shape.join(', ')}]`);
    if (place.shape.length !== shape.length || !shape.every((d, i) => place.shape[i] === d)) {
      throw new UserError(`${place.file}: tensor ${name} has shape [${place.shape.join(', ')}], config.json says [${shape.join(', ')}]`);
    }
    return place;
  }

  /** A tensor of the files, or some of its rows, as an initializer, cast to `wanted`. The Cast of a constant is folded when the session is made, so it costs nothing per run. */
  function plain(name: string, place: TensorPlace, wanted: ElementName, rows?: RowRange): string {
    if (place.quantized !== undefined) {
      const made = writeDequantized(builder, name, place.quantized);
      return wanted === 'float32' ? made : builder.node('Cast', [made], { to: ELEMENT[wanted] });
    }
    const type = place.dtype;
    if (!(type === 'F32' || type === 'F16' || type === 'BF16')) {
      throw new UserError(`${place.file}: tensor ${name} is of type ${type}; supported are ${Object.keys(WEIGHT_BYTES).join(', ')}`);
    }
    const own = rowsName(name, rows);
    const { lies } = place;
    graph.initializer.push(external(own, lies === undefined ? place : { ...place, shape: lies.dims }, ONNX_TYPE[type], rows, null));
    const laid = lies === undefined ? own : builder.node('Transpose', [own], { perm: lies.order });
    return ONNX_TYPE[type] === wanted ? laid : builder.node('Cast', [laid], { to: ELEMENT[wanted] });
  }

  /** What an adapter makes of a float32 weight; folded, too, and rounded to the compute type only at the end. */
  function adapted(weight: string, place: TensorPlace, { a, b, scale, transposed }: LowRank): string {
    const [left, right] = transposed ? [a, b] : [b, a];
    const rows = left.place.shape[transposed ? 1 : 0];
    const columns = right.place.shape[transposed ? 0 : 1];
    if (rows !== place.shape[0] || columns !== place.shape[1])
      throw new UserError(
        `${a.place.file}: tensor ${a.name} and its pair give [${rows}, ${columns}], the weight of the base model is [${place.shape.join(', ')}]`,
      );
    const flip = transposed ? 1 : 0;
    const factors = [plain(left.name, left.place, 'float32'), plain(right.name, right.place, 'float32'), weight];
    const sum = builder.node('Gemm', factors, { alpha: { float: scale }, transA: flip, transB: flip });
    return compute === 'float32' ? sum : builder.node('Cast', [sum], { to: ELEMENT[compute] });
  }

  /** Adds a tensor, or some rows of it, in the compute type. */
  function widened(name: string, shape: readonly number[], rows?: RowRange): string {
    const own = rowsName(name, rows);
    const done = known.get(own);
    if (done !== undefined) return done;
    const place = find(name, shape);
    memory.widened += numbersOf(shape, rows);
    const change = weights.added.get(name);
    let value: string;
    if (rows === undefined)
      value = change === undefined ? plain(name, place, compute) : adapted(plain(name, place, 'float32'), place, change);
    else if (change === undefined && place.quantized === undefined && place.lies === undefined) value = plain(name, place, compute, rows);
    else
      value = builder.node('Slice', [
        widened(name, shape),
        builder.int64([rows.start]),
        builder.int64([rows.start + rows.count]),
        builder.int64([0]),
      ]);
    known.set(own, value);
    return value;
  }

  /** A matrix that stays as it lies in the files; null where the storage or an adapter wants it in the compute type. */
  function mapped(name: string, shape: readonly number[], rows: RowRange | undefined, use: MatrixUse): StoredMatrix | null {
    if (storage === 'widened' || (storage === 'rows as stored' && use === 'product') || weights.added.has(name)) return null;
    const place = find(name, shape);
    if (place.quantized !== undefined) return null;
    const type = place.dtype === 'F32' || place.dtype === 'F16' || place.dtype === 'BF16' ? ONNX_TYPE[place.dtype] : null;
    if (type === null) return null;
    // A name for each use: what is looked up in and multiplied with is mapped twice, so that the runtime may repack one of them and drop it.
    const own = `${rowsName(name, rows)}:${use}`;
    if (!known.has(own)) {
      const tensor = external(own, place, type, rows, null);
      graph.initializer.push(tensor);
      // An initializer that is an input, too, could be replaced, so its Cast is not folded.
      if (use === 'product' && type !== compute) builder.input(own, type, tensor.dims);
      known.set(own, own);
      const bytes = (place.length / at(place.shape, 0)) * (rows?.count ?? at(place.shape, 0));
      memory.mapped += bytes;
      if (use === 'product') memory.mappedWhole += bytes;
    }
    return { name: own, type, scale: 1, transposed: false };
  }

  const builder: GraphBuilder = {
    compute,
    storage,
    memory: () => ({ ...memory }),
    message: graph,
    loads,
    body: (bodyName) => build(weights, compute, modelFolder, narrow, layout, storage, bodyName, builder, counter),
    nodeTo(outputs, op, inputs, attributes = {}, domain = '') {
      graph.node.push({
        name: `${op}_${counter.serial++}`,
        opType: op,
        domain,
        input: [...inputs],
        output: [...outputs],
        attribute: Object.entries(attributes).map(([name, value]) => attributeMessage(name, value)),
      });
    },
    node(op, inputs, attributes, domain) {
      const output = `t${counter.serial}`;
      builder.nodeTo([output], op, inputs, attributes, domain);
      return output;
    },
    leading(op, inputs, attributes) {
      const output = builder.node(op, inputs, attributes);
      const made = graph.node.pop();
      if (made !== undefined) graph.node.unshift(made);
      return output;
    },
    int64(values, dims = [values.length]) {
      return add(`int64:${dims.join('x')}:${values.join(',')}`, (name) => ({
        name,
        dims: [...dims],
        dataType: ELEMENT.int64,
        rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
      }));
    },
    int32(values, dims = [values.length]) {
      return add(`int32:${dims.join('x')}:${values.join(',')}`, (name) => ({
        name,
        dims: [...dims],
        dataType: ELEMENT.int32,
        rawData: new Uint8Array(Int32Array.from(values).buffer),
      }));
    },
    floats(name, values, dims) {
      const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      return add(`floats:${name}`, (own) => ({ name: own, dims: [...dims], dataType: ELEMENT.float32, rawData }));
    },
    scalar(value) {
      return add(`scalar:${value}`, (name) => ({ name, dims: [], dataType: ELEMENT[compute], rawData: scalarBytes(value, compute) }));
    },
    filled(value, dims) {
      const one = scalarBytes(value, compute);
      const count = dims.reduce((product, d) => product * d, 1);
      const rawData = Uint8Array.from({ length: count * one.length }, (_, i) => at(one, i % one.length));
      return add(`filled:${value}:${dims.join('x')}`, (name) => ({ name, dims: [...dims], dataType: ELEMENT[compute], rawData }));
    },
    has: (name) => weights.tensors.has(name),
    isQuantized: (name) => weights.tensors.get(name)?.quantized !== undefined,
    stored(name, place, type, dims) {
      const bytes = (dims.reduce((product, d) => product * d, 1) * BITS[type]) / 8;
      if (bytes !== place.length)
        throw new UserError(`${place.file}: tensor ${name} has ${place.length} bytes; [${dims.join(', ')}] of ${type} take ${bytes}`);
      return add(`stored:${name}`, (own) => external(own, { ...place, shape: dims }, type, undefined, null));
    },
    table(name, type, values, dims) {
      const rawData = new Uint8Array(TABLE_ARRAY[type].from(values).buffer);
      return add(`table:${name}`, (own) => ({ name: own, dims: [...dims], dataType: ELEMENT[type], rawData }));
    },
    rowsOf: (name) => weights.tensors.get(name)?.shape[0] ?? null,
    weight: (name, shape) => (outer === null ? widened(name, shape) : outer.weight(name, shape)),
    matrix(name, shape, rows, use = 'product') {
      if (outer !== null) return outer.matrix(name, shape, rows, use);
      if (use === 'product') {
        memory.largest = Math.max(memory.largest, numbersOf(shape, rows));
        memory.products += numbersOf(shape, rows);
      }
      const there = mapped(name, shape, rows, use);
      if (there !== null) return there;
      const transposed = layout === 'inputs first' && use === 'product';
      const own = `${rowsName(name, rows)}${transposed ? ':transposed' : ''}`;
      const exponent = narrow.get(name);
      if (exponent === undefined) {
        let made = known.get(own);
        if (made === undefined) {
          made = widened(name, shape, rows);
          // Of a constant, so it is done once, when the session is made.
          if (transposed) made = builder.node('Transpose', [made], { perm: [1, 0] });
          known.set(own, made);
        }
        return { name: made, type: compute, scale: 1, transposed };
      }
      if (!known.has(own)) {
        const tensor = external(own, find(name, shape), 'float16', rows, { exponent, transpose: transposed });
        graph.initializer.push(tensor);
        // An initializer that is an input, too, could be replaced, so its Cast is not folded, which would widen it when the session is made.
        builder.input(own, 'float16', tensor.dims);
        known.set(own, own);
      }
      return { name: own, type: 'float16', scale: 2 ** -exponent, transposed };
    },
    input(name, type, dims) {
      graph.input.push(valueInfo(name, type, dims));
      return name;
    },
    output(name, type, dims) {
      graph.output.push(valueInfo(name, type, dims));
    },
    build: () =>
      encodeModel({
        irVersion: 10,
        producerName: 'eus-eval',
        graph,
        opsetImport: [
          { domain: '', version: 21 },
          { domain: 'com.microsoft', version: 1 },
        ],
      }),
    operators: () => [...new Set(graph.node.map((n) => `${n.domain}:${n.opType}`))].sort(),
  };
  return builder;
}

function valueInfo(name: string, type: ElementName, dims: readonly Dimension[] | null): GraphMessage['input'][number] {
  if (dims === null) return { name, type: { tensorType: { elemType: ELEMENT[type] } } };
  const dim = dims.map((d) => (d === null ? {} : typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: ELEMENT[type], shape: { dim } } } };
}
