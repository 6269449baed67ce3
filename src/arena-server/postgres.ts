/** PostgreSQL, for an arena of several processes. */
import pg from 'pg';
import { messageOf, systemCode } from '../errors.js';
import { type Database, rowOf, type Sql, StorageError, storable, type Value } from './sql.js';

/** Classes of SQLSTATE that pass: connection, resources (disk full), operator (restart), system. */
const PASSING_STATE = /^(08|53|57|58|XX|40)/;
/** Type numbers of PostgreSQL: int8 and numeric come as text unless told otherwise; counts and milliseconds fit a number. */
const AS_NUMBER = new Set([20, 1700]);

/**
 * Returns a database behind an address `postgres://user@host:5432/name`. Connections are made when needed, so a server that restarts is found again;
 * until then every call throws `StorageError`.
 */
export function openPostgres(address: string, connections = 10): Database {
  const pool = new pg.Pool({
    connectionString: address,
    max: connections,
    connectionTimeoutMillis: 5000,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        AS_NUMBER.has(oid) ? Number : pg.types.getTypeParser(oid, format === 'binary' ? 'text' : (format ?? 'text')),
    },
  });
  // An idle connection that breaks is replaced at the next call; without a listener it would end the process.
  pool.on('error', () => undefined);
  const outside = statementsOn((query, values) => pool.query(query, [...values]));

  async function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((error: unknown) => {
      throw failureOf(error);
    });
    let broken = false;
    // A connection that breaks between two statements says so here first.
    const onError = (): void => {
      broken = true;
    };
    client.on('error', onError);
    const inside = statementsOn((query, values) => client.query(query, [...values]));
    try {
      await inside.run('begin');
      const value = await work(inside);
      await inside.run('commit');
      return value;
    } catch (error) {
      await inside.run('rollback').catch(() => {
        broken = true;
      });
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  return {
    kind: 'postgres',
    all: outside.all,
    run: outside.run,
    transaction,
    snapshot: (work) =>
      transaction(async (inside) => {
        await inside.run('set transaction isolation level repeatable read, read only');
        return work(inside);
      }),
    // Vacuum overwrites deleted rows in its own time.
    scrub: async () => undefined,
    close: () => pool.end(),
  };
}

type Query = (query: string, values: readonly Value[]) => Promise<pg.QueryResult<Record<string, unknown>>>;

function statementsOn(query: Query): Sql {
  async function ask(sql: string, values: readonly Value[]): Promise<pg.QueryResult<Record<string, unknown>>> {
    try {
      return await query(numbered(sql), values.map(storable));
    } catch (error) {
      throw failureOf(error);
    }
  }
  return {
    kind: 'postgres',
    all: async (sql, ...values) => (await ask(sql, values)).rows.map(rowOf),
    run: async (sql, ...values) => (await ask(sql, values)).rowCount ?? 0,
  };
}

/** `?` becomes `$1`, `$2`, ...: no statement of the arena holds a question mark otherwise. */
function numbered(sql: string): string {
  let n = 0;
  return sql.replace(/\?/g, () => `$${++n}`);
}

function failureOf(error: unknown): unknown {
  const code = systemCode(error);
  // Errors of sockets have codes like ECONNREFUSED, those of the pool and the protocol none.
  const passes = code === null || PASSING_STATE.test(code) || /^E[A-Z]/.test(code);
  return passes ? new StorageError(messageOf(error) || 'the database cannot be reached', { cause: error }) : error;
}
