/** The arena's section of the page. */
import type { ArenaFit } from '../arena/fit.js';
import { escapeHtml } from './escape-html.js';

/**
 * Returns the section: for every question the ranking with intervals and the matrix of win shares, then `pictures` (HTML); null when there is nothing to show.
 */
export function arenaSection(fits: readonly ArenaFit[], pictures: string): string | null {
  if (fits.length === 0 && pictures === '') return null;
  return fits.map(fitHtml).join('') + (pictures === '' ? '' : `<div class="pair">${pictures}</div>`);
}

function fitHtml(fit: ArenaFit): string {
  const level = Math.round(100 * fit.level);
  const rows = fit.models
    .map(
      (m) =>
        `<tr><td data-value="${m.rank}">${m.rank}</td><th class="name" scope="row" data-value="${escapeHtml(m.model)}">${escapeHtml(m.model)}</th><td>${m.rank_low === m.rank_high ? m.rank_low : `${m.rank_low} to ${m.rank_high}`}</td><td class="avg" data-value="${m.score}">${m.score.toFixed(0)}</td><td>${m.low.toFixed(0)} to ${m.high.toFixed(0)}</td><td>${m.battles.toLocaleString('en')}</td><td>${(100 * m.win_share).toFixed(1)}</td></tr>`,
    )
    .join('\n');
  const names = fit.win_shares.models;
  const matrix = names
    .map((name, i) => {
      const cells = names
        .map((other, j) => {
          const share = fit.win_shares.share[i]?.[j] ?? null;
          if (share === null)
            return `<td class="missing"><span aria-hidden="true">${i === j ? '' : '—'}</span><span class="sr">none</span></td>`;
          const strength = Math.min(1, Math.abs(share - 0.5) * 2) * 0.3;
          const tint = share >= 0.5 ? `rgba(0,114,178,${strength.toFixed(3)})` : `rgba(213,94,0,${strength.toFixed(3)})`;
          const title = escapeHtml(
            `${name} against ${other}: ${(100 * share).toFixed(1)} % of ${fit.win_shares.battles[i]?.[j] ?? 0} battles`,
          );
          return `<td style="background:${tint}" title="${title}">${(100 * share).toFixed(0)}</td>`;
        })
        .join('');
      return `<tr><th class="name" scope="row">${escapeHtml(name)}</th>${cells}</tr>`;
    })
    .join('\n');
  const left = fit.left_out.length === 0 ? '' : `<p>Left out, no common scale with the others: ${escapeHtml(fit.left_out.join(', '))}.</p>`;
  return `<h3>Ranking by battles: ${escapeHtml(fit.question)}</h3>
<p class="soft">Bradley-Terry scores by maximum likelihood over ${fit.battles.toLocaleString('en')} battles, mean 1000; ${level} % intervals from ${fit.rounds} bootstrap rounds. The range of ranks is what the intervals leave open.</p>${left}
<div class="frame" role="region" aria-label="Ranking, ${escapeHtml(fit.question)}" tabindex="0"><table><thead><tr><th scope="col">Rank</th><th class="name" scope="col">Model</th><th scope="col">Range</th><th scope="col">Score</th><th scope="col">${level} % interval</th><th scope="col">Battles</th><th scope="col">Wins, %</th></tr></thead><tbody>${rows}</tbody></table></div>
${names.length === 0 ? '' : `<figure><h3>Share of wins, row against column, in percent (${escapeHtml(fit.question)})</h3><figcaption>Ties count half. Blue: the row wins more often; orange: the column does.</figcaption><div class="scroll frame" role="region" aria-label="Share of wins, ${escapeHtml(fit.question)}" tabindex="0"><table class="matrix"><thead><tr><th class="name" scope="col">Model</th>${names.map((n) => `<th scope="col"><span>${escapeHtml(n)}</span></th>`).join('')}</tr></thead><tbody>${matrix}</tbody></table></div></figure>`}`;
}
