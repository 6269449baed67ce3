/** The source that asks the server of `eus-eval view`. */
import type { Source } from '../protocol.js';

/** The server does not answer at all. */
export class GoneError extends Error {}

/**
 * Returns a source over HTTP; addresses are relative to the page's, which holds the token. Rejects with the server's own line.
 */
export function remoteSource(): Source {
  const ask = async <T>(what: string, ...args: readonly unknown[]): Promise<T> => {
    const response = await fetch(`api/${what}?args=${encodeURIComponent(JSON.stringify(args))}`).catch(() => {
      throw new GoneError();
    });
    if (!response.ok) {
      const failure: { readonly error?: string } = await response.json().catch(() => ({}));
      throw new Error(failure.error ?? `HTTP ${response.status}`);
    }
    // What this program's own server wrote: the types on both sides are those of one file.
    const body: T = await response.json();
    return body;
  };
  return {
    catalog: () => ask('catalog'),
    list: (query) => ask('list', query),
    rows: (query, from, count) => ask('rows', query, from, count),
    summary: (run, other) => ask('summary', run, other),
    document: (run, other, task, docId) => ask('document', run, other, task, docId),
    find: (query, task, docId) => ask('find', query, task, docId),
  };
}
