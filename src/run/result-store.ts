/** Where the results of a run go: a folder, in which files appear complete or not at all, or the memory of the caller. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';
import { fileNameOf } from '../file-name.js';
import { publishFiles } from '../results/publish.js';
import { fail, memorySamples, openSampleFile, type SampleFile } from '../results/sample-file.js';
import type { SamplesForm } from '../results/sample-name.js';
import type { Task, Value } from '../types.js';

/** What a pass over the documents left. */
export interface Stored {
  /** Paths of the files, the results file last; empty for results that are only in memory. */
  readonly files: readonly string[];
  /** Lines of the samples by task, each with its line end; empty where they are in files. */
  readonly lines: ReadonlyMap<string, Buffer>;
}

/** Takes the samples of one pass over the documents. */
export interface StorePass {
  /** Starts the sample file of a task; null where none are kept. */
  readonly openSamples: ((task: Task) => SampleFile) | null;
  /** Completes the samples and keeps them with the results. Throws `UserError` when the disk is full or the folder cannot be written. */
  publish(samples: ReadonlyMap<string, SampleFile | null>, content: Readonly<Record<string, Value>>, now: number): Promise<Stored>;
  /** Removes what is unfinished. */
  end(): Promise<void>;
}

/** Begins a pass over the documents. */
export type ResultStore = (form: SamplesForm | null) => Promise<StorePass>;

/**
 * Returns a store that writes into `folder`. Throws `UserError` when it cannot be written.
 */
export function folderStore(folder: string): ResultStore {
  return async (form) => {
    const partial = await makePartialFolder(folder);
    return {
      openSamples: form === null ? null : (task) => openSampleFile(path.join(partial, `${task.name}.jsonl`), form),
      publish: async (samples, content, now) => ({ files: await publishFiles(folder, partial, samples, content, now), lines: new Map() }),
      end: () => rm(partial, { recursive: true, force: true }),
    };
  };
}

/**
 * Returns a store that keeps everything in memory.
 */
export function memoryStore(): ResultStore {
  return async (form) => {
    const lines = new Map<string, Buffer>();
    return {
      openSamples: form === null ? null : (task) => memorySamples((sorted) => void lines.set(task.name, sorted)),
      publish: async (samples) => {
        for (const file of samples.values()) await file?.seal();
        return { files: [], lines };
      },
      end: async () => {},
    };
  };
}

/**
 * Makes the folder for unfinished files and removes those that killed runs on this machine have left.
 */
async function makePartialFolder(folder: string): Promise<string> {
  const mine = `.partial-${fileNameOf(hostname())}-`;
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(mine) ? Number(name.slice(mine.length).split('-')[0]) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(path.join(folder, name), { recursive: true, force: true });
  }
  for (let i = 0; ; i++) {
    const partial = path.join(folder, `${mine}${process.pid}-${i}`);
    const made = await mkdir(partial).then(
      () => true,
      (error: unknown) => {
        if (existsSync(partial)) return false;
        return fail(partial)(error);
      },
    );
    if (made) return partial;
    if (i > 1000) throw new UserError(`${folder}: too many unfinished runs; remove the folders that begin with .partial-`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be asked, but it is there.
    return systemCode(error) === 'EPERM';
  }
}
