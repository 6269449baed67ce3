/** The source of an exported page: everything lies in the page itself. */
import { at } from '../../at.js';
import { makeSource, type Provider } from '../engine.js';
import type { Exported } from '../export.js';
import type { DocumentView, Source } from '../protocol.js';

/**
 * Returns a source over the data of an exported page.
 */
export function embeddedSource(data: Exported): Source {
  const find = (run: string, task: string) => {
    const found = data.tasks.find((one) => one.run === run && one.task === task);
    if (found === undefined) throw new Error(`no task '${task}' in '${run}'`);
    return found;
  };
  const provider: Provider = {
    catalog: data.catalog,
    index: async (run, task) => find(run, task).index,
    known: (run, task) => find(run, task).index,
    documents: async (run, task, places) => {
      const { documents } = find(run, task);
      return places.map((place) => at(documents, place));
    },
    search: async (run, task, words) => {
      const found = new Set<number>();
      for (const [place, document] of find(run, task).documents.entries()) {
        const texts = textsOf(document);
        if (words.every((word) => texts.includes(word))) found.add(place);
      }
      return found;
    },
  };
  return makeSource(provider);
}

/** The texts of a document that a search looks through, in small letters: those of the data set and of the answer, not the few-shot examples. */
function textsOf(document: DocumentView): string {
  return [document.doc, document.targetText, document.generated ?? ''].join('\n').toLowerCase();
}
