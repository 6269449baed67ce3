import { NO_SCREEN, type Screen } from '../terminal/screen.js';
import { type Column, table } from '../terminal/table.js';
import type { Rate, SafetyReport } from './rates.js';

/**
 * Returns a report as text: rates by model, language and kind, then by category, the annotators' agreement, and the votes without a majority.
 */
export function reportText(report: SafetyReport, screen: Screen = NO_SCREEN): string {
  const percent = `${Number((100 * report.confidence).toFixed(6))}%`;
  const head = [
    { title: 'Model' },
    { title: 'Language' },
    { title: 'Rate' },
    { title: 'Category' },
    { title: 'Value', right: true },
    { title: `${percent} interval`, right: true, spare: 1 },
    { title: 'Answers', right: true, spare: 2 },
    { title: 'Undecided', right: true, spare: 3 },
  ];
  const parts = [`${table(head, [...report.groups, ...report.categories].map(rateRow), screen)}\n`];
  const agreement = report.agreement
    .filter(({ items }) => items > 0)
    .map((one) => [
      [one.language, one.kind].filter((x) => x !== null).join(', ') || 'all',
      String(one.items),
      String(one.annotators),
      number(one.pairwise),
      number(one.fleissKappa) + (one.fleissItems < one.items && one.fleissKappa !== null ? ` (${one.fleissItems} answers)` : ''),
      number(one.krippendorffAlpha),
    ]);
  if (agreement.length > 0) parts.push(`${table(AGREEMENT, agreement, screen)}\n`);
  else parts.push('No answer has two labels: the agreement of annotators is not known.\n');
  if (report.undecided.length > 0) {
    const list = report.undecided.map((one) => `  ${one.model}, ${one.language}, ${one.prompt_id}: ${one.labels.join(', ')}\n`);
    parts.push(`Undecided (a tie; in no rate):\n${list.join('')}`);
  }
  return parts.join('\n');
}

const AGREEMENT: readonly Column[] = [
  { title: 'Agreement' },
  { title: 'Answers', right: true, spare: 3 },
  { title: 'Annotators', right: true, spare: 2 },
  { title: 'Mean pairwise', right: true },
  { title: "Fleiss' kappa", right: true, spare: 1 },
  { title: "Krippendorff's alpha", right: true },
];

function rateRow(rate: Rate): readonly string[] {
  const interval = rate.low === null || rate.high === null ? '-' : `${(100 * rate.low).toFixed(1)} to ${(100 * rate.high).toFixed(1)}%`;
  const value = rate.rate === null ? 'unknown' : `${(100 * rate.rate).toFixed(1)}%`;
  const left = rate.undecided + rate.unlabelled;
  return [
    rate.model,
    rate.language,
    rate.rate_of,
    rate.category ?? 'all',
    value,
    interval,
    `${rate.events} of ${rate.n}`,
    left === 0 ? '' : String(left),
  ];
}

function number(value: number | null): string {
  return value === null ? 'not defined' : value.toFixed(3);
}
