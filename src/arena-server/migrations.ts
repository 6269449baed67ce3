/** The tables, and how older files come to have them. */
import { UserError } from '../errors.js';
import { count, type Database } from './sql.js';

/** One step each, never changed once published: what a file went through is its version. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    'create table meta (name text primary key, value text not null)',
    // Which processes are alive: a battle whose process died is no battle.
    'create table processes (id text primary key, seen bigint not null)',
    `create table participants (
      id text primary key, created bigint not null, language text not null, level text not null, education text not null, age text,
      consent_version text not null, guidelines_version text not null, share_texts bigint not null,
      passphrase text not null unique, invitation text unique, address text not null, banned bigint, ban_reason text)`,
    'create index participants_address on participants (address, created)',
    'create table sessions (token text primary key, participant text not null references participants (id) on delete cascade, created bigint not null)',
    'create index sessions_participant on sessions (participant)',
    `create table battles (
      id text primary key, participant text not null references participants (id) on delete cascade, request text not null,
      created bigint not null, language text not null, model_a text not null, model_b text not null, draw text not null,
      state text not null check (state in ('open', 'done', 'left', 'void')), named bigint not null, revealed bigint)`,
    'create unique index battles_request on battles (participant, request)',
    // A participant has one battle at a time, however many windows and retried requests.
    "create unique index battles_open on battles (participant) where state = 'open'",
    'create index battles_created on battles (participant, created)',
    'create index battles_pair on battles (model_a, model_b)',
    `create table turns (
      battle text not null references battles (id) on delete cascade, turn bigint not null, request text not null, prompt text not null,
      prompt_hash text not null, answer_a text, answer_b text, state text not null check (state in ('running', 'done', 'failed')),
      owner text not null, started bigint not null, shown bigint, finished bigint, primary key (battle, turn))`,
    'create unique index turns_request on turns (battle, request)',
    'create index turns_prompt on turns (prompt_hash)',
    // One row a battle: a vote that comes twice is one vote. "revision" orders changes that overtake each other on the way.
    `create table votes (
      battle text primary key references battles (id) on delete cascade, content text not null, language text not null, whole text not null,
      asked_whole bigint not null, reason text, revision bigint not null, created bigint not null, changed bigint not null, changes bigint not null)`,
    'create index votes_created on votes (created)',
    'create table reports (battle text primary key references battles (id) on delete cascade, message text not null, created bigint not null)',
    'create table actions (id text primary key, at bigint not null, action text not null, target text not null, note text not null)',
  ],
];

/** All tables that a backup copies, parents before children. */
export const TABLES = ['meta', 'participants', 'sessions', 'battles', 'turns', 'votes', 'reports', 'actions'] as const;

/** A number of ours for PostgreSQL's advisory locks: processes that start together must not create the tables together. */
const LOCK = 7_305_418;

/**
 * Brings the tables to this version's form. Throws `UserError` for a database of a later version.
 */
export async function migrate(db: Database): Promise<void> {
  await db.transaction(async (sql) => {
    if (db.kind === 'postgres') await sql.all('select pg_advisory_xact_lock(?)', LOCK);
    await sql.run('create table if not exists schema_version (version bigint not null)');
    const version = await count(sql, 'select coalesce(max(version), 0) as n from schema_version');
    if (version > MIGRATIONS.length)
      throw new UserError(`the database has version ${version}, and this program knows up to ${MIGRATIONS.length}; install the newer one`);
    for (const [i, statements] of MIGRATIONS.entries()) {
      if (i < version) continue;
      for (const statement of statements) await sql.run(statement);
      await sql.run('insert into schema_version (version) values (?)', i + 1);
    }
  });
}
