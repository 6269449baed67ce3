/** The leaderboard as JSON. */
import type { Board } from './board.js';
import { noteText } from './notes.js';

/**
 * Returns the content of `leaderboard.json`: the board in full precision, its remarks as English sentences.
 */
export function boardJson(board: Board, version: string): string {
  return `${JSON.stringify({ version, ...board, notes: board.notes.map((note) => noteText(note)) }, null, 1)}\n`;
}
