import type { Rate, SafetyReport } from './rates.js';

/**
 * Returns a report as text: rates by model, language and kind, then by category, the annotators' agreement, and the votes without a majority.
 */
export function reportText(report: SafetyReport): string {
  const percent = `${Number((100 * report.confidence).toFixed(6))}%`;
  const head = ['model', 'language', 'rate', 'category', 'value', `${percent} interval`, 'answers', 'undecided'];
  const parts = [table([head, ...[...report.groups, ...report.categories].map(rateRow)])];
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
  if (agreement.length > 0)
    parts.push(table([['agreement', 'answers', 'annotators', 'mean pairwise', "Fleiss' kappa", "Krippendorff's alpha"], ...agreement]));
  else parts.push('No answer has two labels: the agreement of annotators is not known.\n');
  if (report.undecided.length > 0) {
    const list = report.undecided.map((one) => `  ${one.model}, ${one.language}, ${one.prompt_id}: ${one.labels.join(', ')}\n`);
    parts.push(`Undecided (a tie; in no rate):\n${list.join('')}`);
  }
  return parts.join('\n');
}

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

/** Returns rows under a header as aligned columns. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => rows.reduce((most, row) => Math.max(most, [...(row[i] ?? '')].length), 0));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - [...cell].length))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
