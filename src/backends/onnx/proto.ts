/**
 * The part of the ONNX file format that a graph over external weights needs, as a protobuf schema in data form.
 * Field numbers are those of onnx.proto3 of the ONNX project.
 */
import protobuf from 'protobufjs';

type Field = { type: string; id: number; rule?: 'repeated' };
const field = (type: string, id: number): Field => ({ type, id });
const many = (type: string, id: number): Field => ({ type, id, rule: 'repeated' });

const schema = {
  nested: {
    Entry: { fields: { key: field('string', 1), value: field('string', 2) } },
    Tensor: {
      fields: {
        dims: many('int64', 1),
        dataType: field('int32', 2),
        name: field('string', 8),
        rawData: field('bytes', 9),
        externalData: many('Entry', 13),
        dataLocation: field('int32', 14),
      },
    },
    Dimension: {
      fields: { dimValue: field('int64', 1), dimParam: field('string', 2) },
      oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
    },
    Shape: { fields: { dim: many('Dimension', 1) } },
    TensorType: { fields: { elemType: field('int32', 1), shape: field('Shape', 2) } },
    Type: { fields: { tensorType: field('TensorType', 1) } },
    ValueInfo: { fields: { name: field('string', 1), type: field('Type', 2) } },
    Attribute: {
      fields: {
        name: field('string', 1),
        f: field('float', 2),
        i: field('int64', 3),
        s: field('bytes', 4),
        g: field('Graph', 6),
        floats: many('float', 7),
        ints: many('int64', 8),
        type: field('int32', 20),
      },
    },
    Node: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: field('string', 3),
        opType: field('string', 4),
        attribute: many('Attribute', 5),
        domain: field('string', 7),
      },
    },
    Graph: {
      fields: {
        node: many('Node', 1),
        name: field('string', 2),
        initializer: many('Tensor', 5),
        input: many('ValueInfo', 11),
        output: many('ValueInfo', 12),
      },
    },
    OperatorSet: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    Model: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('Graph', 7),
        opsetImport: many('OperatorSet', 8),
      },
    },
  },
};

const modelType = protobuf.Root.fromJSON(schema).lookupType('Model');

/** Element types of ONNX tensors (TensorProto.DataType). */
export const ELEMENT = {
  ...{ float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16 },
  /** E4M3 without infinities; codes of four bits, two in a byte, the lower half first. */
  ...{ float8: 17, uint4: 21 },
} as const;
export type ElementName = keyof typeof ELEMENT;

/** AttributeProto.AttributeType for the kinds of attribute that are written here. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, graph: 5, floats: 6, ints: 7 } as const;

export interface TensorMessage {
  name: string;
  dims: number[];
  dataType: number;
  rawData?: Uint8Array;
  externalData?: { key: string; value: string }[];
  /** 1: the bytes lie in another file (`externalData`). */
  dataLocation?: 0 | 1;
}
export interface ValueInfoMessage {
  name: string;
  type: { tensorType: { elemType: number; shape?: { dim: ({ dimValue: number } | { dimParam: string } | Record<string, never>)[] } } };
}
export interface AttributeMessage {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  g?: GraphMessage;
  floats?: number[];
  ints?: number[];
}
export interface NodeMessage {
  name: string;
  opType: string;
  domain: string;
  input: string[];
  output: string[];
  attribute: AttributeMessage[];
}
export interface GraphMessage {
  name: string;
  node: NodeMessage[];
  initializer: TensorMessage[];
  input: ValueInfoMessage[];
  output: ValueInfoMessage[];
}
export interface ModelMessage {
  irVersion: number;
  producerName: string;
  graph: GraphMessage;
  opsetImport: { domain: string; version: number }[];
}

/**
 * Returns the bytes of an ONNX model file.
 */
export function encodeModel(model: ModelMessage): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/**
 * Reads an ONNX model file's bytes back (graph structure and inputs; large weights inside are skipped by the caller's choice of file).
 * Throws when the bytes are no protobuf message.
 */
export function decodeModel(bytes: Uint8Array): ModelMessage {
  const message = modelType.toObject(modelType.decode(bytes), { longs: Number, arrays: true, objects: true, defaults: true });
  return message as ModelMessage;
}
