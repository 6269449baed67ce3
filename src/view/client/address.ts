/** What the page shows, as it stands in its address: every state of the page has a link that survives a reload. */
import { at } from '../../at.js';
import { languageFor, type PageLanguage } from '../../page/words.js';
import { type Catalog, FILTERS, FLIPS, type Query } from '../protocol.js';

export interface View extends Query {
  /** `task/id` of the document that is open. */
  readonly doc: { readonly task: string; readonly docId: string } | null;
  readonly language: PageLanguage;
}

/**
 * Returns the state that an address names; what it names that is not there is left out. `languages` are the wishes of the browser.
 */
export function viewOf(hash: string, catalog: Catalog, languages: readonly string[]): View {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const runs = catalog.runs.map(({ id }) => id);
  const run = runs.find((id) => id === given.get('run')) ?? at(runs, 0);
  const filter = FILTERS.find((name) => name === given.get('show')) ?? 'all';
  const other = runs.find((id) => id === given.get('with') && id !== run) ?? null;
  const doc = given.get('doc');
  const slash = doc?.lastIndexOf('/') ?? -1;
  return {
    run,
    other,
    scope: given.get('scope') ?? 'all',
    subject: given.get('subject'),
    filter: other === null && FLIPS.has(filter) ? 'all' : filter,
    text: given.get('q') ?? '',
    sort: given.get('sort') === 'margin' ? 'margin' : 'order',
    doc: doc === null || slash < 0 ? null : { task: doc.slice(0, slash), docId: doc.slice(slash + 1) },
    language: languageFor([given.get('lang'), ...languages]),
  };
}

/**
 * Returns the address of a state; what is as usual is left out. The language stands in it once it was chosen.
 */
export function hashOf(view: View, withLanguage: boolean): string {
  const parts = new URLSearchParams({ run: view.run });
  if (view.other !== null) parts.set('with', view.other);
  if (view.scope !== 'all') parts.set('scope', view.scope);
  if (view.subject !== null) parts.set('subject', view.subject);
  if (view.filter !== 'all') parts.set('show', view.filter);
  if (view.text !== '') parts.set('q', view.text);
  if (view.sort !== 'order') parts.set('sort', view.sort);
  if (view.doc !== null) parts.set('doc', `${view.doc.task}/${view.doc.docId}`);
  if (withLanguage) parts.set('lang', view.language);
  return `#${parts.toString()}`;
}

/**
 * Returns the query of a state: what decides which documents the list has.
 */
export function queryOf({ run, other, scope, subject, filter, text, sort }: View): Query {
  return { run, other, scope, subject, filter, text: text.trim(), sort };
}
