/** Everything that a page needs, in one piece: for a file that can be passed on. */
import { UserError } from '../errors.js';
import { inScript } from '../page/document.js';
import type { Provider } from './engine.js';
import type { Catalog, DocumentView, TaskIndex } from './protocol.js';

/** The data of an exported page. */
export interface Exported {
  readonly catalog: Catalog;
  readonly tasks: readonly {
    readonly run: string;
    readonly task: string;
    readonly index: TaskIndex;
    readonly documents: readonly DocumentView[];
  }[];
}

/** Characters of an exported page: browsers open this much within seconds. */
const MOST = 300 * 1024 * 1024;

/**
 * Returns the data of all documents of a provider as JSON that may stand in a script element. Throws `UserError` where a page would be too large for a browser.
 */
export async function exportData(provider: Provider): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  for (const run of provider.catalog.runs) {
    for (const { name, samples } of run.tasks) {
      if (!samples) continue;
      const index = await provider.index(run.id, name);
      const places = Array.from({ length: index.docIds.length }, (_, i) => i);
      const documents = await provider.documents(run.id, name, places);
      const part = inScript({ run: run.id, task: name, index: plainIndex(index), documents });
      length += part.length;
      if (length > MOST)
        throw new UserError(
          `--export: more than ${MOST / 1024 / 1024} MB of documents; choose benchmarks with --tasks, or give one folder`,
        );
      parts.push(part);
    }
  }
  return `{"catalog":${inScript(provider.catalog)},"tasks":[${parts.join(',')}]}`;
}

function plainIndex(index: TaskIndex): TaskIndex {
  return {
    docIds: index.docIds,
    keys: Array.from(index.keys),
    states: Array.from(index.states),
    flags: Array.from(index.flags),
    margins: Array.from(index.margins, (x) => (x === null || Number.isNaN(x) ? null : Number(x.toFixed(4)))),
    subjects: Array.from(index.subjects),
    subjectNames: index.subjectNames,
  };
}
