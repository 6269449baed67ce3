/** Arena scores against language averages as SVG files. */

import type { ArenaScores } from '../arena/scores.js';
import { s, svgText } from '../page/svg.js';
import { spearman } from '../statistics/spearman.js';
import type { Board } from './board.js';
import { scatter } from './charts/scatter.js';
import { LANGUAGE_NAMES, LANGUAGES } from './columns.js';
import { matchModels } from './correlate.js';
import { languageMean } from './language-mean.js';

/** One picture: `svg` is the text of a file. */
export interface CorrelationPicture {
  readonly name: string;
  readonly svg: string;
}

const STYLE = `text { font-family: system-ui, sans-serif; fill: #1b2130; } .axis text { fill: #545d6b; } .grid { stroke: #dfe2e6; } .errors line { stroke: #00639c; stroke-opacity: .4; stroke-width: 2; } .mark { fill: #00639c; stroke: #fff; } .leader { stroke: #9aa3af; stroke-width: .75; }`;

/**
 * Returns for every question and language the scores of the arena against the averages, with intervals where the scores have them; nothing for fewer
 * than three models.
 */
export function correlationPictures(
  board: Board,
  arenas: readonly ArenaScores[],
  options: { readonly bias: boolean; readonly allSizes: boolean },
): CorrelationPicture[] {
  return arenas.flatMap((arena) => {
    const names = arena.scores.map((score) => score.model);
    const { matched } = matchModels(board, names, options.allSizes);
    const scores = new Map(arena.scores.map((score) => [score.model, score]));
    return LANGUAGES.flatMap((language) => {
      const points = matched.flatMap(({ model, arena: name }) => {
        const [score, mean] = [scores.get(name), languageMean(model, language, options.bias)];
        if (score === undefined || mean === null) return [];
        const yError = score.low === null || score.high === null ? null : (score.high - score.low) / 2;
        return [{ name: model.model, group: 0, x: mean, y: score.score, xError: null, yError, title: model.model }];
      });
      const result = spearman(
        points.map((p) => p.y),
        points.map((p) => p.x),
      );
      if (result === null) return [];
      const p = result.p < 0.0001 ? 'p < 0.0001' : `p = ${result.p.toFixed(4)}`;
      const summary = `Arena (${arena.question}) against ${LANGUAGE_NAMES[language]} benchmarks: Spearman's rho ${result.rho.toFixed(3)}, ${p}, ${result.n} models`;
      const { svg } = scatter(points, {
        width: 920,
        xLabel: `${LANGUAGE_NAMES[language]} average${options.bias ? ' with the bias benchmark' : ''}`,
        yLabel: `Arena score (${arena.question}); rho ${result.rho.toFixed(3)}, ${p}, n = ${result.n}`,
        number: (x) => String(Number(x.toFixed(1))),
        summary,
      });
      const styled = { ...svg, children: [s('title', {}, summary), s('style', {}, STYLE), ...svg.children] };
      return [{ name: `${arena.question}-${language}`, svg: svgText(styled) }];
    });
  });
}
