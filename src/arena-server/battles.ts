/** Battles and their turns in the database. What follows from a retried request is the same as from the first. */
import { randomId } from './identity.js';
import { isGone } from './process-name.js';
import { RequestError } from './request-error.js';
import { type Database, number, numberOrNull, type Row, type Sql, text, textOrNull } from './sql.js';

export interface Battle {
  readonly id: string;
  readonly participant: string;
  readonly modelA: string;
  readonly modelB: string;
  readonly draw: string;
  /** `open`: the participant may vote or go on; `done`: voted and over; `left`: over without a vote; `void`: a side failed. */
  readonly state: 'open' | 'done' | 'left' | 'void';
  readonly revealed: boolean;
}

export interface Turn {
  readonly turn: number;
  readonly request: string;
  readonly prompt: string;
  readonly answerA: string | null;
  readonly answerB: string | null;
  readonly state: 'running' | 'done' | 'failed';
  readonly owner: string;
  readonly started: number;
  readonly shown: number | null;
  readonly finished: number | null;
}

/** A prompt on its way to the models. */
export interface NewTurn {
  readonly request: string;
  readonly prompt: string;
  readonly promptHash: string;
  /** The process that runs the turn. */
  readonly owner: string;
}

const BATTLE = 'id, participant, model_a, model_b, draw, state, revealed';

function battleFrom(row: Row): Battle {
  const state = text(row, 'state');
  return {
    id: text(row, 'id'),
    participant: text(row, 'participant'),
    modelA: text(row, 'model_a'),
    modelB: text(row, 'model_b'),
    draw: text(row, 'draw'),
    state: state === 'open' || state === 'done' || state === 'left' ? state : 'void',
    revealed: numberOrNull(row, 'revealed') !== null,
  };
}

function turnFrom(row: Row): Turn {
  const state = text(row, 'state');
  return {
    turn: number(row, 'turn'),
    request: text(row, 'request'),
    prompt: text(row, 'prompt'),
    answerA: textOrNull(row, 'answer_a'),
    answerB: textOrNull(row, 'answer_b'),
    state: state === 'running' || state === 'done' ? state : 'failed',
    owner: text(row, 'owner'),
    started: number(row, 'started'),
    shown: numberOrNull(row, 'shown'),
    finished: numberOrNull(row, 'finished'),
  };
}

/**
 * Returns a battle of this participant. Throws `RequestError` 'not-found' for one that does not exist and for another's alike.
 */
export async function battleOf(sql: Sql, battle: string, participant: string): Promise<Battle> {
  const [row] = await sql.all(`select ${BATTLE} from battles where id = ? and participant = ?`, battle, participant);
  if (row === undefined) throw new RequestError('not-found', 'battle');
  return battleFrom(row);
}

/** Returns the open battle of a participant, or null. */
export async function openBattleOf(sql: Sql, participant: string): Promise<Battle | null> {
  const [row] = await sql.all(`select ${BATTLE} from battles where participant = ? and state = 'open'`, participant);
  return row === undefined ? null : battleFrom(row);
}

/** Returns the turns of a battle, first to last. */
export async function turnsOf(sql: Sql, battle: string): Promise<Turn[]> {
  return (await sql.all('select * from turns where battle = ? order by turn', battle)).map(turnFrom);
}

/**
 * Starts a battle with its first turn; a battle that was open is over with that. `created` is false where this request had started one already.
 */
export async function startBattle(
  db: Database,
  battle: {
    readonly participant: string;
    readonly language: string;
    readonly modelA: string;
    readonly modelB: string;
    readonly draw: string;
    readonly id: string;
  },
  turn: NewTurn,
  now: number,
): Promise<{ readonly id: string; readonly created: boolean }> {
  return db.transaction(async (sql) => {
    // Two windows of one participant take turns: without this, PostgreSQL would let both find no open battle.
    if (db.kind === 'postgres') await sql.all('select id from participants where id = ? for update', battle.participant);
    const [known] = await sql.all('select id from battles where participant = ? and request = ?', battle.participant, turn.request);
    if (known !== undefined) return { id: text(known, 'id'), created: false };
    await sql.run(
      `update battles set state = case when exists (select 1 from votes v where v.battle = battles.id) then 'done' else 'left' end
       where participant = ? and state = 'open'`,
      battle.participant,
    );
    await sql.run(
      `insert into battles (id, participant, request, created, language, model_a, model_b, draw, state, named) values (?, ?, ?, ?, ?, ?, ?, ?, 'open', 0)`,
      battle.id,
      battle.participant,
      turn.request,
      now,
      battle.language,
      battle.modelA,
      battle.modelB,
      battle.draw,
    );
    await insertTurn(sql, battle.id, 1, turn, now);
    return { id: battle.id, created: true };
  });
}

/**
 * Adds a turn to an open battle. Throws `RequestError` where the battle is over or voted on, its last turn is not done, or it has `mostTurns`.
 */
export async function addTurn(
  db: Database,
  battle: string,
  participant: string,
  turn: NewTurn,
  mostTurns: number,
  now: number,
): Promise<{ readonly turn: number; readonly created: boolean }> {
  return db.transaction(async (sql) => {
    if (db.kind === 'postgres') await sql.all('select id from battles where id = ? for update', battle);
    const found = await battleOf(sql, battle, participant);
    const turns = await turnsOf(sql, battle);
    const known = turns.find((t) => t.request === turn.request);
    if (known !== undefined) return { turn: known.turn, created: false };
    if (found.state !== 'open') throw new RequestError('conflict', 'the battle is over');
    if ((await sql.all('select 1 as one from votes where battle = ?', battle)).length > 0) throw new RequestError('conflict', 'voted');
    if (turns.at(-1)?.state !== 'done') throw new RequestError('conflict', 'the answers are not complete');
    if (turns.length >= mostTurns) throw new RequestError('conflict', 'the last turn of this battle');
    await insertTurn(sql, battle, turns.length + 1, turn, now);
    return { turn: turns.length + 1, created: true };
  });
}

async function insertTurn(sql: Sql, battle: string, turn: number, t: NewTurn, now: number): Promise<void> {
  await sql.run(
    "insert into turns (battle, turn, request, prompt, prompt_hash, state, owner, started) values (?, ?, ?, ?, ?, 'running', ?, ?)",
    battle,
    turn,
    t.request,
    t.prompt,
    t.promptHash,
    t.owner,
    now,
  );
}

/** Puts other models in place of those drawn first. Only while nothing was shown. */
export async function replaceModels(db: Database, battle: string, modelA: string, modelB: string, draw: string): Promise<void> {
  await db.run("update battles set model_a = ?, model_b = ?, draw = ? where id = ? and state = 'open'", modelA, modelB, draw, battle);
}

/** What came of a turn. */
export interface TurnResult {
  readonly answerA: string;
  readonly answerB: string;
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
      result.answerA,
      result.answerB,
      result.shown,
      result.finished,
      battle,
      turn,
      battle,
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
  if (isGone(process)) return false;
  const [row] = await sql.all('select seen from processes where id = ?', process);
  return row !== undefined && now - number(row, 'seen') < DEAD_MS;
}

/** Prompts of a participant since a time. */
export async function promptsSince(sql: Sql, participant: string, since: number): Promise<number> {
  const [row] = await sql.all(
    'select count(*) as n from turns t join battles b on b.id = t.battle where b.participant = ? and t.started > ? and b.created > ?',
    participant,
    since,
    // A conversation lasts a day at most; the index on battles then finds the few that matter.
    since - 24 * 3600 * 1000,
  );
  return number(row, 'n');
}

/** Battles of each pair of models that count or may still count. */
export async function pairCounts(sql: Sql): Promise<{ a: string; b: string; battles: number }[]> {
  const rows = await sql.all(
    `select model_a, model_b, count(*) as n from battles b left join votes v on v.battle = b.id
     where b.state = 'open' or (v.battle is not null and b.state <> 'void' and b.named = 0) group by model_a, model_b`,
  );
  return rows.map((row) => ({ a: text(row, 'model_a'), b: text(row, 'model_b'), battles: number(row, 'n') }));
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

/** Returns a new name for a battle. */
export function newBattleId(): string {
  return randomId();
}
