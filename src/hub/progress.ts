/** How far a download is; reported at most a few times a second, and once when it is complete. */
export interface Progress {
  /** Repository and file, e.g. `HiTZ/EusTrivia: default/test/0000.parquet`. */
  readonly what: string;
  readonly doneBytes: number;
  /** Null where the server does not say. */
  readonly totalBytes: number | null;
}
