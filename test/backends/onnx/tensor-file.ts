/** Reads and writes safetensors files in tests. */
import { readFileSync, writeFileSync } from 'node:fs';

/** One tensor of a file to write. */
export type Part = readonly [name: string, entry: { dtype: string; shape: number[]; data_offsets: [number, number] }, bytes: Uint8Array];

export function readParts(file: string): Part[] {
  const bytes = readFileSync(file);
  const n = Number(bytes.readBigUInt64LE());
  const header: Record<string, Part[1]> = JSON.parse(bytes.subarray(8, 8 + n).toString());
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => [name, entry, bytes.subarray(8 + n + entry.data_offsets[0], 8 + n + entry.data_offsets[1])]);
}

export function writeParts(file: string, parts: readonly Part[]): void {
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const [name, entry, data] of parts) {
    header[name] = { dtype: entry.dtype, shape: entry.shape, data_offsets: [offset, offset + data.length] };
    offset += data.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([size, text, ...parts.map(([, , data]) => data)]));
}
