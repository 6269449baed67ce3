/** Votes in the database: one a battle, whatever is clicked or sent twice. */
import { z } from 'zod';
import { battleOf, turnsOf } from './battles.js';
import { CHOICES, wholeOf } from './choice.js';
import { RequestError } from './request-error.js';
import { type Database, lock, type Sql, select } from './sql.js';

const choice = z.enum(CHOICES);
const STORED = z.object({ content: choice, language: choice, whole: choice, reason: z.string().nullable(), revision: z.number() });
/** A vote as it is stored. */
export type StoredVote = z.infer<typeof STORED>;

/** A vote as it is sent. */
export const VOTE = z.strictObject({
  content: choice,
  language: choice,
  /** Given exactly where content and language contradict each other. */
  whole: choice.nullable(),
  reason: z
    .string()
    .max(2000)
    .nullable()
    .transform((reason) => reason?.trim() || null),
  /** Grows with each change: of two that overtake each other on the way, the later one stands. */
  revision: z.number().int().min(1).max(1_000_000),
});
export type Vote = z.infer<typeof VOTE>;

/** Returns the vote on a battle, or null. */
export async function voteOn(sql: Sql, battle: string): Promise<StoredVote | null> {
  const [stored] = await select(sql, STORED, 'select content, language, whole, reason, revision from votes where battle = ?', battle);
  return stored ?? null;
}

/**
 * Stores a vote or its change, and returns what stands. The same vote again changes nothing.
 *
 * Throws `RequestError`: not this participant's battle, answers not complete, the models already revealed (unless it is the same vote), or a vote on the whole that is
 * missing or superfluous.
 */
export async function castVote(db: Database, battle: string, participant: string, vote: Vote, now: number): Promise<StoredVote> {
  const follows = wholeOf(vote.content, vote.language);
  if (follows === null && (vote.whole === null || vote.whole === 'bad')) throw new RequestError('vote-incomplete', 'whole');
  if (follows !== null && vote.whole !== null && vote.whole !== follows)
    throw new RequestError('bad-request', 'whole follows from the others');
  const whole = follows ?? vote.whole;
  if (whole === null) throw new RequestError('vote-incomplete', 'whole');
  return db.transaction(async (sql) => {
    await lock(sql, 'battles', battle);
    const found = await battleOf(sql, battle, participant);
    const stored = await voteOn(sql, battle);
    const same = stored !== null && stored.content === vote.content && stored.language === vote.language && stored.whole === whole;
    if (same && stored.reason === vote.reason) return stored;
    if (found.state !== 'open' || found.revealed !== null) throw new RequestError('conflict', 'the battle is over');
    if ((await turnsOf(sql, battle)).at(-1)?.state !== 'done') throw new RequestError('conflict', 'the answers are not complete');
    await sql.run(
      `insert into votes (battle, content, language, whole, asked_whole, reason, revision, created, changed, changes) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
       on conflict (battle) do update set content = excluded.content, language = excluded.language, whole = excluded.whole, asked_whole = excluded.asked_whole,
         reason = excluded.reason, revision = excluded.revision, changed = excluded.changed, changes = votes.changes + 1
       where excluded.revision > votes.revision`,
      ...[battle, vote.content, vote.language, whole, follows === null ? 1 : 0, vote.reason, vote.revision, now, now],
    );
    const stands = await voteOn(sql, battle);
    if (stands === null) throw new Error('a vote that was stored is not there');
    return stands;
  });
}

/**
 * Ends a battle that has a vote, and returns the names of its models. Throws `RequestError` where there is no vote yet.
 */
export async function reveal(
  db: Database,
  battle: string,
  participant: string,
  now: number,
): Promise<{ readonly a: string; readonly b: string }> {
  return db.transaction(async (sql) => {
    await lock(sql, 'battles', battle);
    const found = await battleOf(sql, battle, participant);
    if ((await voteOn(sql, battle)) === null) throw new RequestError('conflict', 'no vote yet');
    await sql.run("update battles set revealed = coalesce(revealed, ?), state = 'done' where id = ?", now, battle);
    return { a: found.modelA, b: found.modelB };
  });
}
