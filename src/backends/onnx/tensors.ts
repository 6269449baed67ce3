/** What a runner gives the runtime and takes from it. */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { at } from '../../at.js';
import type { GraphSource, TablesMessage } from './protocol.js';

export type Feeds = Record<string, ort.Tensor>;

/** Returns whole numbers of 32 bits as a tensor of int64. */
export function int64(values: ArrayLike<number>, dims: readonly number[]): ort.Tensor {
  const out = new BigInt64Array(values.length);
  // As halves, the lower one first: there may be millions of them, and each BigInt is an object.
  const halves = new Int32Array(out.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = at(values, i);
    halves[2 * i] = value;
    halves[2 * i + 1] = value < 0 ? -1 : 0;
  }
  return new ort.Tensor('int64', out, dims);
}

/** Returns whole numbers as a tensor of int32. */
export function int32(values: Int32Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('int32', values, dims);
}

/** Returns the numbers of an output of float32. Throws when the runtime gave another type. */
export function floats(tensor: ort.Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error(`the runtime gave ${tensor?.type ?? 'nothing'} instead of float32`);
}

/** Returns the numbers of an output of int64. Throws when the runtime gave another type. */
export function wholeNumbers(tensor: ort.Tensor | undefined): Int32Array<ArrayBuffer> {
  if (tensor?.data instanceof BigInt64Array) return Int32Array.from(tensor.data, Number);
  throw new Error(`the runtime gave ${tensor?.type ?? 'nothing'} instead of int64`);
}

/** Returns the bytes of tensors of int64 and of types of four bytes. */
export function bytesOf(tensors: Readonly<Record<string, ort.Tensor>>): number {
  return Object.values(tensors).reduce((sum, { size, type }) => sum + size * (type === 'int64' ? 8 : 4), 0);
}

/** Returns what a graph is fed as its rotary tables. */
export function tableFeeds(source: GraphSource, { tables }: TablesMessage): Feeds {
  const feeds: Feeds = {};
  for (const [k, dims] of source.rotary.entries())
    for (const part of ['cos', 'sin'] as const) {
      const data = at(tables, k)[part];
      feeds[`${part}_${k}`] = new ort.Tensor('float32', data, [(2 * data.length) / dims, dims / 2]);
    }
  return feeds;
}
