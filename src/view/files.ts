/** Indexes and documents from sample files. */
import { messageOf, UserError } from '../errors.js';
import type { RunFiles, TaskFile } from './catalog.js';
import type { Provider } from './engine.js';
import { type FileIndex, indexFile } from './index-file.js';
import { documentView } from './read-document.js';
import { scanLines } from './sample-lines.js';
import { openSampleSource, type SampleSource } from './sample-source.js';
import { textsIn } from './split-prompt.js';

interface Opened {
  readonly source: SampleSource;
  readonly index: FileIndex;
}

export interface FileProvider extends Provider {
  /** Reads all sample files, one after the other; what cannot be read is said by `known`. Ends early when aborted. */
  indexAll(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Returns a provider over the sample files of runs. Each file is read once for its index, when somebody first asks for it.
 */
export function makeFileProvider({ catalog, files }: RunFiles): FileProvider {
  const opened = new Map<string, Promise<Opened>>();
  const settled = new Map<string, FileIndex | string>();

  const fileOf = (run: string, task: string): TaskFile => {
    const file = files.get(run)?.get(task);
    if (file === undefined) throw new UserError(`no task '${task}' in '${run}'`);
    return file;
  };
  const keyOf = (run: string, task: string): string => JSON.stringify([run, task]);
  const openTask = (run: string, task: string): Promise<Opened> => {
    const key = keyOf(run, task);
    const known = opened.get(key) ?? read(fileOf(run, task), task);
    if (!opened.has(key)) {
      opened.set(key, known);
      known.then(
        ({ index }) => settled.set(key, index),
        (error: unknown) => settled.set(key, messageOf(error)),
      );
    }
    return known;
  };
  const read = async ({ samples, metric }: TaskFile, task: string): Promise<Opened> => {
    if (samples === null) throw new UserError(`${task}: no samples; run without --no-samples`);
    const source = await openSampleSource(samples);
    try {
      return { source, index: await indexFile(source, metric) };
    } catch (error) {
      await source.close();
      throw error instanceof UserError ? error : new UserError(`${samples}: ${messageOf(error)}`);
    }
  };

  return {
    catalog,
    index: async (run, task) => (await openTask(run, task)).index,
    known: (run, task) => settled.get(keyOf(run, task)) ?? null,
    documents: async (run, task, places) => {
      const { source, index } = await openTask(run, task);
      const { metric, delimiter } = fileOf(run, task);
      const views = [];
      for (const place of places) {
        const lines = [];
        for (let filter = 0; filter < index.filters.length; filter++) {
          const at = index.place(place, filter);
          if (at !== null) lines.push((await source.line(at.start, at.end)).toString('utf8'));
        }
        views.push(documentView(task, lines, metric, delimiter));
      }
      return views;
    },
    search: async (run, task, words) => {
      const { source, index } = await openTask(run, task);
      const ids = new Map(index.docIds.map((id, place) => [String(id), place]));
      const found = new Set<number>();
      await scanLines(source, SEARCHED, (line) => {
        const texts = [line.field('doc'), line.field('resps'), line.field('target')].flatMap(textsIn).join('\n').toLowerCase();
        if (!words.every((word) => texts.includes(word))) return;
        const place = ids.get(String(line.field('doc_id')));
        if (place !== undefined) found.add(place);
      });
      return found;
    },
    indexAll: async (signal) => {
      for (const run of catalog.runs) {
        for (const task of run.tasks) {
          if (signal.aborted) return;
          if (task.samples) await openTask(run.id, task.name).catch(() => undefined);
        }
      }
    },
    close: async () => {
      for (const one of opened.values()) await one.then(({ source }) => source.close()).catch(() => undefined);
    },
  };
}

const SEARCHED: ReadonlySet<string> = new Set(['doc_id', 'doc', 'resps', 'target']);
