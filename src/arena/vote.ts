/** What a vote means: the name of a model, a side, or a tie. */
import { UserError } from '../errors.js';

const SIDE_A: ReadonlySet<string> = new Set(['model_a', 'a']);
const SIDE_B: ReadonlySet<string> = new Set(['model_b', 'b']);
const TIES: ReadonlySet<string> = new Set(['tie', 'draw', 'both', 'tie (bothbad)', 'bothbad']);

/** One battle as its row has it; `vote` is empty where there is none. */
export interface VoteRow {
  readonly a: string;
  readonly b: string;
  readonly vote: string;
  readonly line: number;
}

/** Wins of the first model, of the second, and ties. */
export type Outcome = [number, number, number];

/**
 * Returns a function that reads votes. The exact name of one of the two models goes before the words for sides and ties. Throws `UserError` when one file uses
 * both readings: models are called like such words, some votes are names and others are words; or when a vote could be either and the two differ.
 */
export function voteReader(rows: readonly VoteRow[], file: string): (vote: string, nameA: string, nameB: string, where: string) => Outcome {
  const called = new Set(rows.flatMap(({ a, b }) => [a, b]).filter((name) => wordOf(name) !== null));
  if (called.size > 0) refuseBoth(rows, called, file);
  return (vote, nameA, nameB, where) => {
    const outcome = vote === nameA ? outcomes.a : vote === nameB ? outcomes.b : wordOf(vote);
    if (outcome === null)
      throw new UserError(`${where}: winner '${vote}'; valid: model_a, model_b, tie, or the name of one of the two models`);
    return outcome;
  };
}

const outcomes: Readonly<Record<'a' | 'b' | 'tie', Outcome>> = { a: [1, 0, 0], b: [0, 1, 0], tie: [0, 0, 1] };

function wordOf(text: string): Outcome | null {
  const word = text.toLowerCase();
  return SIDE_A.has(word) ? outcomes.a : SIDE_B.has(word) ? outcomes.b : TIES.has(word) ? outcomes.tie : null;
}

/** Names of models that are words for a side or a tie: one reading must fit the whole file. */
function refuseBoth(rows: readonly VoteRow[], called: ReadonlySet<string>, file: string): void {
  const spellings = new Set([...called].map((name) => name.toLowerCase()));
  let asName: VoteRow | null = null;
  let asWord: VoteRow | null = null;
  for (const row of rows) {
    const { vote, a, b, line } = row;
    const word = wordOf(vote);
    const name = vote === a ? outcomes.a : vote === b ? outcomes.b : null;
    if (word === null) continue;
    if (name === null) {
      if (spellings.has(vote.toLowerCase())) asWord ??= row;
    } else if (word !== name) {
      // A word in the spelling of the documentation may well be meant as one.
      if (vote === vote.toLowerCase())
        throw new UserError(
          `${file}: line ${line}: winner '${vote}' is the name of a model and a word for a side or a tie; rename the models ${[...called].join(', ')}`,
        );
      asName ??= row;
    }
  }
  if (asName !== null && asWord !== null)
    throw new UserError(
      `${file}: winner '${asName.vote}' in line ${asName.line} is the name of a model, '${asWord.vote}' in line ${asWord.line} a word for a side or a tie; ` +
        `rename the models ${[...called].join(', ')}, or give every winner by name`,
    );
}
