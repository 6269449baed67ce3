/** SQLite in one file, in WAL mode. */
import Libsql from 'libsql';
import LibsqlInThreads from 'libsql/promise';
import { messageOf, systemCode, UserError } from '../errors.js';
import { type Database, type Row, type Sql, StorageError, storable, type Value } from './sql.js';

/** Faults of the machine, not of the statement: they pass when somebody makes room or mends the disk. */
const PASSING = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|CANTOPEN|READONLY)/;

/** Milliseconds that a process waits for another one's lock, and between two tries. */
const LOCK_MS = 5000;
const LOCK_AGAIN_MS = 10;

/** A transaction that waits for its turn. */
interface Waiting {
  readonly work: (sql: Sql) => Promise<unknown>;
  readonly stored: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Opens or creates the file. Writing has one connection and reading another, so that nobody reads what is not stored yet. Transactions that arrive while
 * one is written share the next commit: each waits for its disk anyway, and 500 participants would otherwise queue for 500 of them.
 * Throws `UserError` where the file cannot be opened or is no database.
 */
export function openSqlite(file: string, options: { readonly mostPages?: number } = {}): Database {
  const writer = open(file);
  if (options.mostPages !== undefined) writer.pragma(`max_page_count = ${options.mostPages}`);
  const reader = open(file);
  const writing = statementsOf(writer);
  const reading = statementsOf(reader);
  // Whoever waits for another process must not keep this one from answering: the lock is asked for again instead.
  writer.pragma('busy_timeout = 0');

  async function begin(): Promise<void> {
    for (let waited = 0; ; waited += LOCK_AGAIN_MS) {
      try {
        await writing.run('begin immediate');
        return;
      } catch (error) {
        if (!(error instanceof StorageError) || waited >= LOCK_MS) throw error;
        await new Promise((resolve) => setTimeout(resolve, LOCK_AGAIN_MS));
      }
    }
  }

  /** In a thread: the disk takes its time. Both classes of the package hold the same handle, and only this one has a method that does not block. */
  async function commit(): Promise<void> {
    try {
      await LibsqlInThreads.prototype.exec.call(writer, 'commit');
    } catch (error) {
      throw passing(error);
    }
  }

  const waiting: Waiting[] = [];
  let draining: Promise<void> | null = null;

  async function drain(): Promise<void> {
    // Whatever else is ready in this turn of the event loop joins the first commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) await commitAll(waiting.splice(0));
    // In the same breath as the last look: whoever comes later must start the next one.
    draining = null;
  }

  async function commitAll(batch: readonly Waiting[]): Promise<void> {
    const done: { readonly one: Waiting; readonly value: unknown }[] = [];
    try {
      await begin();
      for (const one of batch) {
        await writing.run('savepoint one');
        try {
          const value = await one.work(writing);
          await writing.run('release one');
          done.push({ one, value });
        } catch (error) {
          // A full disk may have rolled back the whole batch already.
          if (!writer.inTransaction) throw error;
          await writing.run('rollback to one');
          await writing.run('release one');
          one.failed(error);
        }
      }
      await commit();
    } catch (error) {
      if (writer.inTransaction) await writing.run('rollback').catch(() => 0);
      const failure = passing(error);
      for (const one of batch) one.failed(failure);
      return;
    }
    for (const { one, value } of done) one.stored(value);
  }

  function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: { readonly value: T } | null = null;
      waiting.push({
        work: async (sql) => {
          result = { value: await work(sql) };
        },
        stored: () => (result === null ? reject(new Error('a transaction without a result')) : resolve(result.value)),
        failed: reject,
      });
      draining ??= drain();
    });
  }

  return {
    kind: 'sqlite',
    all: reading.all,
    run: (sql, ...values) => transaction((inside) => inside.run(sql, ...values)),
    transaction,
    snapshot: async (work) => {
      // A connection of its own: other reads must not fall into this one's past.
      const past = open(file);
      try {
        const statements = statementsOf(past);
        await statements.run('begin');
        return await work(statements);
      } finally {
        past.close();
      }
    },
    close: async () => {
      while (draining !== null) await draining;
      reader.close();
      writer.close();
    },
  };
}

function open(file: string): Libsql.Database {
  try {
    const db = new Libsql(file, { timeout: LOCK_MS });
    db.pragma('journal_mode = WAL');
    // FULL: a vote that was acknowledged survives a power cut, not only the end of the process.
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // Texts of a participant who was deleted must not stay in the free pages of the file.
    db.pragma('secure_delete = ON');
    return db;
  } catch (error) {
    throw new UserError(`cannot open the database ${file}: ${messageOf(error)}`);
  }
}

/** Prepared once each: the arena has some dozens of statements. */
function statementsOf(db: Libsql.Database): Sql {
  const prepared = new Map<string, Libsql.Statement>();
  function statement(sql: string): Libsql.Statement {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const made = db.prepare(sql);
    prepared.set(sql, made);
    return made;
  }
  return {
    all: async (sql, ...values) =>
      guard(() =>
        statement(sql)
          .all(...values.map(storable))
          .map(rowOf),
      ),
    run: async (sql, ...values) => guard(() => statement(sql).run(...values.map(storable)).changes),
  };
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw passing(error);
  }
}

function passing(error: unknown): unknown {
  return PASSING.test(systemCode(error) ?? '') ? new StorageError(messageOf(error), { cause: error }) : error;
}

/** Libsql adds a field of its own to each row. */
function rowOf(raw: unknown): Row {
  const row: Record<string, Value> = {};
  for (const [name, value] of Object.entries(raw ?? {})) {
    if (name !== '_metadata' && (value === null || typeof value === 'string' || typeof value === 'number')) row[name] = value;
  }
  return row;
}
