import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type CompressionCodec, type Compressors, snappyUncompress } from 'hyparquet';
import { decompressZstd, compressors as library } from 'hyparquet-compressors';

/** Bytes of one page after decompression that are still read. */
export const MAX_PAGE_BYTES = 256 * 1024 * 1024;

function bounded(decompress: (input: Uint8Array, length: number) => Uint8Array): (input: Uint8Array, length: number) => Uint8Array {
  return (input, length) => {
    if (!(length >= 0 && length <= MAX_PAGE_BYTES)) throw new Error(`a page of ${length} bytes; at most ${MAX_PAGE_BYTES} are read`);
    // An empty block holds no token, which not every decompressor takes; a column without values has one.
    const output = length === 0 ? new Uint8Array() : decompress(input, length);
    if (output.length !== length) throw new Error(`a page of ${output.length} bytes instead of ${length}`);
    return output;
  };
}

/** gzip and brotli are Node's own: faster, and they stop at the length that the page's header names. */
const maxOutput = (length: number): { maxOutputLength: number } => ({ maxOutputLength: Math.max(1, length) });

/**
 * Decompressors for every codec of parquet but LZO (which nobody writes). None gives more than the length that the page's header names,
 * and none more than `MAX_PAGE_BYTES`; each throws a plain `Error` for broken input.
 */
export const codecs: Compressors = {
  SNAPPY: bounded((input, length) => {
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  }),
  GZIP: bounded((input, length) => gunzipSync(input, maxOutput(length))),
  BROTLI: bounded((input, length) => brotliDecompressSync(input, maxOutput(length))),
  ZSTD: bounded((input, length) => decompressZstd(input, new Uint8Array(length))),
  LZ4: bounded((input, length) => required('LZ4')(input, length)),
  LZ4_RAW: bounded((input, length) => required('LZ4_RAW')(input, length)),
};

function required(codec: CompressionCodec): (input: Uint8Array, length: number) => Uint8Array {
  const decompress = library[codec];
  if (decompress === undefined) throw new Error(`no decompressor for ${codec}`);
  return decompress;
}

/**
 * Returns the bytes of a page without compression. Throws a plain `Error` for an unknown codec and for broken input.
 */
export function decompressPage(codec: CompressionCodec, input: Uint8Array, length: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') return input;
  const decompress = codecs[codec];
  if (decompress === undefined) throw new Error(`compression ${codec} is not read`);
  return decompress(input, length);
}
