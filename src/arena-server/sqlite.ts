/** SQLite in one file, in WAL mode. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import Libsql from 'libsql';
import LibsqlInThreads from 'libsql/promise';
import { messageOf, systemCode, UserError } from '../errors.js';
import { type Database, type Row, rowOf, type Sql, StorageError, storable, type Value } from './sql.js';

/** Faults of the machine, not of the statement: they pass when somebody makes room or mends the disk. */
const PASSING = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|CANTOPEN|READONLY)/;

/** Milliseconds that a process waits for another one's lock, and between two tries. */
const LOCK_MS = 5000;
const LOCK_AGAIN_MS = 10;
/** Milliseconds between two tries to empty the write-ahead log. */
const SCRUB_AGAIN_MS = 1000;

/** A transaction that waits for its turn; what its work returns is to be called once all is stored. */
interface Waiting {
  readonly work: (sql: Sql) => Promise<() => void>;
  readonly failed: (error: unknown) => void;
}

/**
 * Opens or creates the file. Writing has one connection and reading another, so that nobody reads what is not stored yet. Transactions that arrive while
 * one is written share the next commit: each waits for its disk anyway, and 500 participants would otherwise queue for 500 of them.
 * Throws `UserError` where the file cannot be opened or is no database.
 */
export function openSqlite(file: string): Database {
  const writer = open(file);
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
    const done: (() => void)[] = [];
    try {
      await begin();
      for (const one of batch) {
        await writing.run('savepoint one');
        try {
          const stored = await one.work(writing);
          await writing.run('release one');
          done.push(stored);
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
    for (const stored of done) stored();
  }

  function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stored = async (sql: Sql): Promise<() => void> => {
        const value = await work(sql);
        return () => resolve(value);
      };
      waiting.push({ work: stored, failed: reject });
      draining ??= drain();
    });
  }

  let scrubAgain: NodeJS.Timeout | undefined;
  /** Deleted texts are overwritten in the file, but stand in the write-ahead log until it is emptied, which waits for all who read an older state. */
  async function scrub(): Promise<void> {
    clearTimeout(scrubAgain);
    // A connection of its own: the writing one may be in the middle of a transaction.
    const cleaner = open(file);
    try {
      cleaner.pragma('busy_timeout = 0');
      if ((await statementsOf(cleaner).all('pragma wal_checkpoint(truncate)'))[0]?.busy === 0) return;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    } finally {
      cleaner.close();
    }
    scrubAgain = setTimeout(() => void scrub().catch(() => undefined), SCRUB_AGAIN_MS).unref();
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
    scrub,
    close: async () => {
      clearTimeout(scrubAgain);
      while (draining !== null) await draining;
      reader.close();
      writer.close();
    },
  };
}

/** What SQLite calls a file that it cannot open or make (SQLITE_CANTOPEN). */
const CANNOT_OPEN = /\b14"\)$/;

function open(file: string): Libsql.Database {
  refuseUnwritable(file);
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
    const why = CANNOT_OPEN.test(messageOf(error)) ? `no file can be made in ${path.dirname(file)}; give another folder` : messageOf(error);
    throw new UserError(`cannot open the database ${file}: ${why}`);
  }
}

/** The folder too must be writable: files that belong to the database come and go beside it. */
function refuseUnwritable(file: string): void {
  const folder = path.dirname(file);
  for (const place of existsSync(file) ? [folder, file] : [folder]) {
    try {
      accessSync(place, constants.R_OK | constants.W_OK);
    } catch (error) {
      const why =
        systemCode(error) === 'ENOENT'
          ? `there is no folder ${place}; make it`
          : `${place} cannot be written to; give the right to, or another place`;
      throw new UserError(`cannot open the database ${file}: ${why}`);
    }
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
  const rows = (sql: string, values: readonly Value[]): Row[] =>
    statement(sql)
      .all(...values.map(storable))
      .map(rowOf);
  return {
    kind: 'sqlite',
    all: async (sql, ...values) => guard(() => rows(sql, values)),
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
