/** Battles and their turns in the database. What follows from a retried request is the same as from the first. */
import { z } from 'zod';
import { isGone } from './process-name.js';
import { RequestError } from './request-error.js';
import { count, type Database, lock, type Sql, select } from './sql.js';

const BATTLE = z.object({
  id: z.string(),
  modelA: z.string(),
  modelB: z.string(),
  /** `open`: the participant may vote or go on; `done`: voted and over; `left`: over without a vote; `void`: a side failed. */
  state: z.enum(['open', 'done', 'left', 'void']),
  /** When its models were shown. */
  revealed: z.number().nullable(),
});
export type Battle = z.infer<typeof BATTLE>;

const TURN = z.object({
  /** From 1. */
  turn: z.number(),
  request: z.string(),
  prompt: z.string(),
  a: z.string().nullable(),
  b: z.string().nullable(),
  state: z.enum(['running', 'done', 'failed']),
  /** The process that runs it. */
  owner: z.string(),
  started: z.number(),
});
export type Turn = z.infer<typeof TURN>;

/** A prompt on its way to the models. */
export interface NewTurn extends Pick<Turn, 'request' | 'prompt' | 'owner'> {
  readonly promptHash: string;
}

const BATTLES = 'select id, model_a as "modelA", model_b as "modelB", state, revealed from battles';

/**
 * Returns a battle of this participant. Throws `RequestError` 'not-found' for one that does not exist and for another's alike.
 */
export async function battleOf(sql: Sql, battle: string, participant: string): Promise<Battle> {
  const [found] = await select(sql, BATTLE, `${BATTLES} where id = ? and participant = ?`, battle, participant);
  if (found === undefined) throw new RequestError('not-found', 'battle');
  return found;
}

/** Returns the open battle of a participant, or null. */
export async function openBattleOf(sql: Sql, participant: string): Promise<Battle | null> {
  const [found] = await select(sql, BATTLE, `${BATTLES} where participant = ? and state = 'open'`, participant);
  return found ?? null;
}

/** Returns the turns of a battle, first to last. */
export async function turnsOf(sql: Sql, battle: string): Promise<Turn[]> {
  const query =
    'select turn, request, prompt, answer_a as a, answer_b as b, state, owner, started from turns where battle = ? order by turn';
  return select(sql, TURN, query, battle);
}

/** Returns the battle and the number of the turn that a request of this participant started, or null. */
export async function turnOfRequest(sql: Sql, participant: string, request: string): Promise<{ battle: string; turn: number } | null> {
  const query =
    'select t.battle, t.turn from turns t join battles b on b.id = t.battle where b.participant = ? and t.request = ? order by t.turn';
  const [known] = await select(sql, z.object({ battle: z.string(), turn: z.number() }), query, participant, request);
  return known ?? null;
}

/**
 * Starts a battle with its first turn; a battle that was open is over with that. Returns its name; another than `battle.id` where this request had started one already.
 */
export async function startBattle(
  db: Database,
  battle: {
    readonly id: string;
    readonly participant: string;
    readonly language: string;
    readonly modelA: string;
    readonly modelB: string;
    readonly draw: string;
  },
  turn: NewTurn,
  now: number,
): Promise<string> {
  const { id, participant, language, modelA, modelB, draw } = battle;
  return db.transaction(async (sql) => {
    // Two windows of one participant take turns.
    await lock(sql, 'participants', participant);
    const known = await turnOfRequest(sql, participant, turn.request);
    if (known?.turn === 1) return known.battle;
    await sql.run(
      `update battles set state = case when exists (select 1 from votes v where v.battle = battles.id) then 'done' else 'left' end
       where participant = ? and state = 'open'`,
      participant,
    );
    const columns = 'id, participant, request, created, language, model_a, model_b, draw, state, named';
    const values = [id, participant, turn.request, now, language, modelA, modelB, draw];
    await sql.run(`insert into battles (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, 'open', 0)`, ...values);
    await insertTurn(sql, id, 1, turn, now);
    return id;
  });
}

/**
 * Adds a turn to an open battle, and returns its number and what came before. `created` is false where this request had added it already. Throws `RequestError` where the battle is over or
 * voted on, its last turn is not done, or it has `mostTurns`.
 */
export async function addTurn(
  db: Database,
  battle: string,
  participant: string,
  turn: NewTurn,
  mostTurns: number,
  now: number,
): Promise<{ readonly turn: number; readonly created: boolean; readonly found: Battle; readonly earlier: readonly Turn[] }> {
  return db.transaction(async (sql) => {
    await lock(sql, 'battles', battle);
    const found = await battleOf(sql, battle, participant);
    const earlier = await turnsOf(sql, battle);
    const known = earlier.find((t) => t.request === turn.request);
    if (known !== undefined) return { turn: known.turn, created: false, found, earlier };
    if (found.state !== 'open') throw new RequestError('conflict', 'the battle is over');
    if ((await count(sql, 'select count(*) as n from votes where battle = ?', battle)) > 0) throw new RequestError('conflict', 'voted');
    if (earlier.at(-1)?.state !== 'done') throw new RequestError('conflict', 'the answers are not complete');
    if (earlier.length >= mostTurns) throw new RequestError('conflict', 'the last turn of this battle');
    await insertTurn(sql, battle, earlier.length + 1, turn, now);
    return { turn: earlier.length + 1, created: true, found, earlier };
  });
}

async function insertTurn(sql: Sql, battle: string, number: number, turn: NewTurn, now: number): Promise<void> {
  const values = [battle, number, turn.request, turn.prompt, turn.promptHash, turn.owner, now];
  const columns = 'battle, turn, request, prompt, prompt_hash, owner, started, state';
  await sql.run(`insert into turns (${columns}) values (?, ?, ?, ?, ?, ?, ?, 'running')`, ...values);
}

/** Puts other models in place of those drawn first. Only while nothing was shown. */
export async function replaceModels(db: Database, battle: string, modelA: string, modelB: string, draw: string): Promise<void> {
  await db.run("update battles set model_a = ?, model_b = ?, draw = ? where id = ? and state = 'open'", modelA, modelB, draw, battle);
}

/** What came of a turn. */
export interface TurnResult {
  readonly a: string;
  readonly b: string;
  readonly shown: number;
  readonly finished: number;
  /** An answer gave a model's name away. */
  readonly named: boolean;
}

/** Stores the answers of a turn. Returns false where the battle is over already. */
export async function finishTurn(db: Database, battle: string, turn: number, result: TurnResult): Promise<boolean> {
  return db.transaction(async (sql) => {
    const stored = await sql.run(
      `update turns set state = 'done', answer_a = ?, answer_b = ?, shown = ?, finished = ?
       where battle = ? and turn = ? and state = 'running' and exists (select 1 from battles b where b.id = ? and b.state = 'open')`,
      ...[result.a, result.b, result.shown, result.finished, battle, turn, battle],
    );
    if (stored > 0 && result.named) await sql.run('update battles set named = 1 where id = ?', battle);
    return stored > 0;
  });
}

/** A side failed: the battle is none, and nobody votes on it. */
export async function voidBattle(db: Database, battle: string, turn: number): Promise<void> {
  await db.transaction(async (sql) => {
    const failed = await sql.run("update turns set state = 'failed' where battle = ? and turn = ? and state = 'running'", battle, turn);
    if (failed > 0) await sql.run("update battles set state = 'void' where id = ? and state in ('open', 'left')", battle);
  });
}

/** Notes that a process is alive. */
export async function beat(db: Database, process: string, now: number): Promise<void> {
  await db.run('insert into processes (id, seen) values (?, ?) on conflict (id) do update set seen = excluded.seen', process, now);
}

/**
 * Milliseconds of silence after which a process of another machine counts as dead. A sign of life comes every two seconds, but a busy database may hold up many of them;
 * a battle that is given up wrongly is worse than one that is given up late.
 */
const DEAD_MS = 30_000;

/** Tells whether a process gave a sign of life lately. */
export async function isAlive(sql: Sql, process: string, now: number): Promise<boolean> {
  return (
    !isGone(process) && (await count(sql, 'select count(*) as n from processes where id = ? and seen > ?', process, now - DEAD_MS)) > 0
  );
}

/** Prompts of a participant since a time. */
export async function promptsSince(sql: Sql, participant: string, since: number): Promise<number> {
  return count(
    sql,
    'select count(*) as n from turns t join battles b on b.id = t.battle where b.participant = ? and t.started > ? and b.created > ?',
    participant,
    since,
    // A conversation lasts a day at most; the index on battles then finds the few that matter.
    since - 24 * 3600 * 1000,
  );
}

const PAIR = z.object({ a: z.string(), b: z.string(), battles: z.number() });

/** Battles of each pair of models, by their sides, that count or may still count. */
export async function pairCounts(sql: Sql): Promise<z.infer<typeof PAIR>[]> {
  return select(
    sql,
    PAIR,
    `select model_a as a, model_b as b, count(*) as battles from battles b left join votes v on v.battle = b.id
     where b.state = 'open' or (v.battle is not null and b.state <> 'void' and b.named = 0) group by model_a, model_b`,
  );
}

/** Stores a participant's report about the answers of a battle; a second one takes the place of the first. */
export async function report(db: Database, battle: string, participant: string, message: string, now: number): Promise<void> {
  await db.transaction(async (sql) => {
    await battleOf(sql, battle, participant);
    await sql.run(
      'insert into reports (battle, message, created) values (?, ?, ?) on conflict (battle) do update set message = excluded.message',
      battle,
      message,
      now,
    );
  });
}
