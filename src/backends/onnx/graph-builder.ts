/** Collects nodes, inputs, outputs and initializers of a graph; initializers may point into safetensors files. */
import path from 'node:path';
import { UserError } from '../../errors.js';
import type { LowRank } from './adapter.js';
import {
  ATTRIBUTE,
  type AttributeMessage,
  ELEMENT,
  type ElementName,
  encodeModel,
  type GraphMessage,
  type TensorMessage,
} from './proto.js';
import { type TensorPlace, WEIGHT_BYTES, type Weights, type WeightType } from './safetensors.js';

/** Operator domains: ONNX's own and ONNX Runtime's contributed operators. */
export type Domain = '' | 'com.microsoft';
/** A whole number becomes an int attribute; `{ float }` forces a float; `{ graph }` is the body of a loop. */
export type Attribute = number | string | readonly number[] | { readonly float: number } | { readonly graph: GraphMessage };
/** Size, name of a symbolic size, or null for a size that has no name. */
export type Dimension = number | string | null;

const ONNX_TYPE: Readonly<Record<WeightType, ElementName>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

export interface GraphBuilder {
  /** Adds a node with one output and returns that output's name. */
  node(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>, domain?: Domain): string;
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
  /** A float32 constant under a name of its own. */
  floats(name: string, values: Float32Array, dims: readonly number[]): string;
  /** A scalar constant of the compute type. */
  scalar(value: number): string;
  /** A tensor of the compute type that holds one value everywhere. */
  filled(value: number, dims: readonly number[]): string;
  /** The tensor of the model's files under this name, cast to the compute type where it is of another; checks its shape. */
  weight(name: string, shape: readonly number[]): string;
  has(name: string): boolean;
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
}

function attributeMessage(name: string, value: Attribute): AttributeMessage {
  if (typeof value === 'string') return { name, type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { name, type: ATTRIBUTE.int, i: value };
  if ('graph' in value) return { name, type: ATTRIBUTE.graph, g: value.graph };
  if ('float' in value) return { name, type: ATTRIBUTE.float, f: value.float };
  return { name, type: ATTRIBUTE.ints, ints: [...value] };
}

/** Bytes of a float as `type`, rounded to nearest even for the 16-bit types (bfloat16; float16 for normal numbers). */
function scalarBytes(value: number, type: ElementName): Uint8Array {
  if (type === 'float32') return new Uint8Array(Float32Array.of(value).buffer);
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
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
export function newGraph(weights: Weights, compute: ElementName, modelFolder: string): GraphBuilder {
  return build(weights, compute, modelFolder, 'eus-eval', null, { serial: 0 });
}

/** Makes the builder of a graph, or of the body `name` inside `outer`; names are unique over all of them, for which they share a counter. */
function build(
  weights: Weights,
  compute: ElementName,
  modelFolder: string,
  name: string,
  outer: GraphBuilder | null,
  counter: { serial: number },
): GraphBuilder {
  const graph: GraphMessage = { name, node: [], initializer: [], input: [], output: [] };
  const known = new Map<string, string>();
  const prefix = outer === null ? '' : `${name}:`;

  function add(key: string, tensor: (name: string) => TensorMessage): string {
    const done = known.get(key);
    if (done !== undefined) return done;
    const own = `${prefix}${key}`;
    known.set(key, own);
    graph.initializer.push(tensor(own));
    return own;
  }

  function external(name: string, place: TensorPlace, type: WeightType): TensorMessage {
    const location = path.relative(weights.root, place.file).split(path.sep).join('/');
    return {
      name,
      dims: [...place.shape],
      dataType: ELEMENT[ONNX_TYPE[type]],
      dataLocation: 1,
      externalData: [
        { key: 'location', value: location },
        { key: 'offset', value: String(place.offset) },
        { key: 'length', value: String(place.length) },
      ],
    };
  }

  /** A tensor of the files as an initializer, cast to `wanted`. The Cast of a constant is folded when the session is made, so it costs nothing per run. */
  function stored(name: string, place: TensorPlace, wanted: ElementName): string {
    const type = place.dtype;
    if (!(type === 'F32' || type === 'F16' || type === 'BF16')) {
      throw new UserError(`${place.file}: tensor ${name} is of type ${type}; supported are ${Object.keys(WEIGHT_BYTES).join(', ')}`);
    }
    graph.initializer.push(external(name, place, type));
    return ONNX_TYPE[type] === wanted ? name : builder.node('Cast', [name], { to: ELEMENT[wanted] });
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
    const factors = [stored(left.name, left.place, 'float32'), stored(right.name, right.place, 'float32'), weight];
    const sum = builder.node('Gemm', factors, { alpha: { float: scale }, transA: flip, transB: flip });
    return compute === 'float32' ? sum : builder.node('Cast', [sum], { to: ELEMENT[compute] });
  }

  const builder: GraphBuilder = {
    compute,
    message: graph,
    body: (bodyName) => build(weights, compute, modelFolder, bodyName, builder, counter),
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
    int64(values, dims = [values.length]) {
      return add(`int64:${dims.join('x')}:${values.join(',')}`, (name) => ({
        name,
        dims: [...dims],
        dataType: ELEMENT.int64,
        rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
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
      const rawData = Uint8Array.from({ length: count * one.length }, (_, i) => one[i % one.length] ?? 0);
      return add(`filled:${value}:${dims.join('x')}`, (name) => ({ name, dims: [...dims], dataType: ELEMENT[compute], rawData }));
    },
    has: (name) => weights.tensors.has(name),
    weight(name, shape) {
      if (outer !== null) return outer.weight(name, shape);
      const done = known.get(name);
      if (done !== undefined) return done;
      const place = weights.tensors.get(name);
      if (place === undefined) throw new UserError(`${modelFolder}: tensor ${name} is missing; expected shape [${shape.join(', ')}]`);
      if (place.shape.length !== shape.length || !shape.every((d, i) => place.shape[i] === d)) {
        throw new UserError(`${place.file}: tensor ${name} has shape [${place.shape.join(', ')}], config.json says [${shape.join(', ')}]`);
      }
      const change = weights.added.get(name);
      const value = change === undefined ? stored(name, place, compute) : adapted(stored(name, place, 'float32'), place, change);
      known.set(name, value);
      return value;
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
