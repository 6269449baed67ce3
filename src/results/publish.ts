/** The last step of a run: complete files get their names. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dumpsJsonIndented } from '../python/json.js';
import type { Value } from '../types.js';
import { fail, type SampleFile } from './sample-file.js';
import { sampleFileName } from './sample-name.js';
import { fileTime } from './write.js';

/**
 * Writes the results file and publishes the sample files of its tasks in `folder`; `partial` is the folder of unfinished files. First
 * everything is complete under unfinished names, then it gets its names, the results file last: where there is a results file, its
 * samples are complete, and a disk that fills up leaves nothing half-written. Returns the paths, the results file last.
 *
 * Throws `UserError` when the disk is full or the folder cannot be written.
 */
export async function publishFiles(
  folder: string,
  partial: string,
  samples: ReadonlyMap<string, SampleFile | null>,
  content: Readonly<Record<string, Value>>,
  now: number,
): Promise<string[]> {
  const time = freeTime(folder, now);
  const temporary = path.join(partial, 'results.json');
  await writeFile(temporary, `${dumpsJsonIndented(content)}\n`).catch(fail(temporary));
  for (const file of samples.values()) await file?.seal();
  const written: string[] = [];
  for (const [task, file] of samples) {
    if (file === null) continue;
    const name = path.join(folder, sampleFileName(task, time, file.form));
    await file.publish(name);
    written.push(name);
  }
  const name = path.join(folder, `results_${time}.json`);
  await rename(temporary, name).catch(fail(name));
  return [...written, name];
}

/** A time for file names that no other results file of the folder has. */
function freeTime(folder: string, now: number): string {
  for (let t = now; ; t++) {
    const time = fileTime(t);
    if (!existsSync(path.join(folder, `results_${time}.json`))) return time;
  }
}
