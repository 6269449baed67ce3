/** From a board to its four files. */
import type { ArenaFit } from '../arena/fit.js';
import type { ArenaScores } from '../arena/scores.js';
import { VERSION } from '../version.js';
import type { Board } from './board.js';
import { boardCsv } from './csv.js';
import { boardMarkdown } from './markdown.js';
import { pageHtml } from './page.js';
import type { Picture } from './pictures.js';
import { writeFiles } from './write-files.js';

export interface PublishOptions {
  readonly out: string;
  readonly title: string;
  readonly fits: readonly ArenaFit[];
  /** Arena scores to draw against averages. */
  readonly arenas: readonly ArenaScores[];
  readonly pictures: boolean;
}

/**
 * Writes `leaderboard.md`, `.csv`, `.json` and `.html` into a folder and returns their paths. Plot and jsdom are loaded only when pictures are wanted.
 */
export async function publish(board: Board, options: PublishOptions): Promise<string[]> {
  const drawn = options.pictures
    ? await draw(board, options.arenas)
    : { tradeOff: null, profiles: { eu: null, en: null, es: null }, arenaPictures: [] };
  const page = pageHtml({ title: options.title, board, fits: options.fits, version: VERSION, ...drawn });
  return writeFiles(
    options.out,
    new Map([
      ['leaderboard.md', `${boardMarkdown(board)}\n`],
      ['leaderboard.csv', boardCsv(board)],
      ['leaderboard.json', `${JSON.stringify({ version: VERSION, ...board }, null, 1)}\n`],
      ['leaderboard.html', page],
    ]),
  );
}

async function draw(
  board: Board,
  arenas: readonly ArenaScores[],
): Promise<{ tradeOff: Picture | null; profiles: Record<'eu' | 'en' | 'es', Picture | null>; arenaPictures: Picture[] }> {
  const pictures = await import('./pictures.js');
  return {
    tradeOff: pictures.tradeOff(board),
    profiles: { eu: pictures.profile(board, 'eu'), en: pictures.profile(board, 'en'), es: pictures.profile(board, 'es') },
    arenaPictures: pictures.arenaPictures(board, arenas, { bias: false, allSizes: true }),
  };
}
