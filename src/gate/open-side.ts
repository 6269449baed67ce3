/** One side of a comparison or gate: whatever `openRun` opens, or a stored baseline. */
import { stat } from 'node:fs/promises';
import { type OpenOptions, openRun, type Run } from '../compare/open-run.js';
import { readBaseline } from './baseline.js';

/**
 * Opens a run or a stored baseline. Throws `UserError` when it is neither.
 */
export async function openSide(reference: string, options: OpenOptions = {}): Promise<Run> {
  const isFile = await stat(reference).then(
    (s) => s.isFile(),
    () => false,
  );
  return (isFile ? await readBaseline(reference) : null) ?? openRun(reference, options);
}
