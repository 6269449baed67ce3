/** Writing output files whole or not at all. */
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../errors.js';
import { makeFolder } from '../folders.js';

/**
 * Writes files into a folder, which is made when it is missing. Every file is written beside its place first and then moved there, so that none is ever
 * half written. Returns their paths. Throws `UserError` when the folder cannot be written.
 */
export async function writeFiles(dir: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const moves = [...files.keys()].map((name) => ({ from: path.join(dir, `.${name}.${process.pid}.part`), to: path.join(dir, name), name }));
  try {
    await makeFolder(dir);
    for (const { from, name } of moves) await writeFile(from, files.get(name) ?? '');
    for (const { from, to } of moves) await rename(from, to);
  } catch (error) {
    await Promise.all(moves.map(({ from }) => rm(from, { force: true }).catch(() => undefined)));
    throw new UserError(`cannot write to ${dir}: ${messageOf(error)}`);
  }
  return moves.map(({ to }) => to);
}
