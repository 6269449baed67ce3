/** Where the tensors of a model's files lie, and what a quantized matrix is made of, whatever method wrote it: codes, a factor for each block of them, and what is taken off before. */

/** Where a tensor lies: `offset` and `length` in bytes from the start of `file` (a real path, no link). */
export interface TensorPlace {
  readonly file: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
  /** A matrix that is quantized: what it is made of. `shape` is its own; file, offset and length are those of its codes. */
  readonly quantized?: QuantizedWeight;
  /** Where the bytes have the dimensions in another order: those of the bytes, and which of them each of `shape` is. */
  readonly lies?: { readonly dims: readonly number[]; readonly order: readonly number[] };
}

/** What a graph takes the bytes of a file for. Of two codes in a byte, `uint4` reads the lower half first. */
export type PackedType = 'uint4' | 'uint8' | 'int8' | 'float8' | 'float32' | 'float16' | 'bfloat16';

/** Numbers as they lie in a file. */
export interface Packed {
  readonly place: TensorPlace;
  readonly type: PackedType;
  readonly dims: readonly number[];
  /** Order of the dimensions in which they are rows and columns, one behind the other; null: the one they have. */
  readonly order: readonly number[] | null;
  /** Numbers that each byte stands for, 256 times as many as there are in a byte; null: the bytes are the numbers. */
  readonly table: CodeTable | null;
}

export interface CodeTable {
  readonly name: string;
  readonly type: 'uint8' | 'int8' | 'float32';
  readonly each: number;
  readonly values: readonly number[];
}

export type QuantizedWeight = AffineWeight | LookedUpWeight;

/** weight = (code - zero) * factor. */
export interface AffineWeight {
  readonly kind: 'affine';
  /** Rows (outputs) and columns (inputs). */
  readonly shape: readonly [rows: number, columns: number];
  readonly codes: Packed;
  /** [rows / block rows, columns / block columns], each rounded up, like the factors; `plus` is added. A number: the same for all. */
  readonly zero: { readonly packed: Packed; readonly plus: number } | number;
  readonly scales: Packed;
  /** Shape of the factors as a matrix. */
  readonly grid: readonly [rows: number, columns: number];
  /** What factors are multiplied by. */
  readonly scaleFactor: number;
  /** Rows and columns that share a factor. */
  readonly block: readonly [rows: number, columns: number];
  /** Which column of the factors each column takes, where they do not follow each other. */
  readonly groups: Int32Array | null;
}

/** weight = number that the code stands for * factor of its block; blocks are of the numbers one behind the other. */
export interface LookedUpWeight {
  readonly kind: 'looked up';
  readonly shape: readonly [rows: number, columns: number];
  /** [blocks, bytes of a block], with a table of floats. */
  readonly codes: Packed;
  /** [blocks] */
  readonly scales: Packed;
  /** Factors are multiplied by one for each so many of them, and get a number added. */
  readonly nested: { readonly factors: Packed; readonly each: number; readonly plus: number } | null;
}
