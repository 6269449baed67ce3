import path from 'node:path';
import { builtinBenchmarks } from '../leaderboard/builtin.js';
import { curveSvg } from '../leaderboard/charts/curve.js';
import { writeFiles } from '../leaderboard/write-files.js';
import { headlinesOf } from '../publish/headline.js';
import { type ModelRows, rowsByModel } from '../results/by-model.js';
import type { ResultFile } from '../results/read.js';

/**
 * Returns the headline scores of results, a row a model; checkpoints by the step that their names tell.
 */
export async function modelRows(files: readonly ResultFile[]): Promise<ModelRows> {
  const { benchmarks } = await builtinBenchmarks();
  const known = new Map(benchmarks.map((benchmark) => [benchmark.name, benchmark]));
  return rowsByModel(files, (file) => headlinesOf(file, known));
}

/**
 * Writes the learning curve of the rows as SVG, whole or not at all. Returns false, with nothing written, where no two checkpoints of one
 * series have a benchmark. Throws `UserError` when the file cannot be written.
 */
export async function writeCurve(rows: ModelRows, file: string): Promise<boolean> {
  if (rows.rows.filter(({ step }) => step !== null).length < 2) return false;
  const svg = curveSvg(rows);
  if (svg === null) return false;
  await writeFiles(path.dirname(file), new Map([[path.basename(file), `${svg}\n`]]));
  return true;
}
