/** The page of `view` as one HTML document. */
import { type PageDocument, pageDocument, pageScript } from '../page/document.js';
import { STYLE } from './style.js';

/**
 * Returns the page. `data` is the JSON of an exported page (see `exportData`), or null for a page that asks its server. Throws `UserError` when the package
 * was not built.
 */
export async function viewPage(data: string | null): Promise<PageDocument> {
  return pageDocument({ language: 'en', title: 'eus-eval view', style: STYLE, script: await pageScript('view'), data });
}
