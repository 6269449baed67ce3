/** The line above the list: how many documents, and how far the reading has come. */

import type { ViewWords } from '../../page/view-words.js';
import type { RunInfo, Summary } from '../protocol.js';

/**
 * Returns the status line.
 */
export function statusLine({ t, total, summary, run }: { t: ViewWords; total: number; summary: Summary | null; run: RunInfo }): string {
  const parts = [total === 0 ? t(run.tasks.some(({ samples }) => samples) ? 'none' : 'noSamples') : t('documents', { n: total })];
  if (summary !== null && summary.ready < summary.total) parts.push(t('reading', { n: summary.ready, total: summary.total }));
  for (const text of Object.values(summary?.broken ?? {})) parts.push(t('broken', { text }));
  return parts.join(' · ');
}
