/** The ranking as text and CSV. */
import { at } from '../at.js';
import { toCsv } from '../tables/write-csv.js';
import type { Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { ArenaFit } from './fit-schema.js';

/**
 * Returns a fit as CSV: one line a model, best first, then one column `share:<model>` for each opponent.
 */
export function fitCsv(fit: ArenaFit): string {
  const names = ['model', 'score', 'low', 'high', 'battles', 'win_share', 'rank', 'rank_low', 'rank_high'];
  const header = [...names, ...fit.win_shares.models.map((m) => `share:${m}`)];
  const rows = fit.models.map((m, i) => [
    ...[m.model, m.score.toFixed(2), m.low.toFixed(2), m.high.toFixed(2), String(m.battles), m.win_share.toFixed(4)],
    ...[m.rank, m.rank_low, m.rank_high].map(String),
    // There is no matrix of very many models.
    ...(fit.win_shares.share.length === 0 ? [] : at(fit.win_shares.share, i)).map((s) => (s === null ? '' : s.toFixed(4))),
  ]);
  return toCsv([header, ...rows]);
}

/**
 * Returns the ranking as a table: rank, rank range, model, score, interval, battles, share of wins.
 */
export function fitTable(fit: ArenaFit, screen: Screen): string {
  return table(
    [
      { title: 'Rank', right: true },
      { title: 'Range', right: true, spare: 1 },
      { title: 'Model' },
      { title: 'Score', right: true },
      { title: `${Math.round(100 * fit.level)} % interval`, right: true, spare: 2 },
      { title: 'Battles', right: true, spare: 4 },
      { title: 'Wins', right: true, spare: 3 },
    ],
    fit.models.map((m) => [
      String(m.rank),
      m.rank_low === m.rank_high ? String(m.rank_low) : `${m.rank_low}-${m.rank_high}`,
      m.model,
      m.score.toFixed(0),
      fit.rounds === 0 ? '' : `${m.low.toFixed(0)} to ${m.high.toFixed(0)}`,
      String(m.battles),
      `${(100 * m.win_share).toFixed(1)} %`,
    ]),
    screen,
  );
}
