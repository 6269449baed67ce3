/** A running arena: everything that its routes share. */
import { openConnections } from '../http/connections.js';
import { beat } from './battles.js';
import type { ArenaConfig } from './config.js';
import { type AnswerStream, endpointStream } from './endpoint.js';
import { EndpointHealth } from './endpoint-health.js';
import { Guard } from './http-guard.js';
import { LiveTurns } from './live-turns.js';
import { type Matchmaker, matchmaker } from './matchmaker.js';
import { processName } from './process-name.js';
import { type LiveRankings, liveRankings } from './ranking.js';
import { RateLimit } from './rate-limit.js';
import { keptSecret } from './secret.js';
import type { Database } from './sql.js';

export interface Arena {
  readonly config: ArenaConfig;
  readonly db: Database;
  readonly secret: string;
  /** Name of this process. */
  readonly process: string;
  readonly guard: Guard;
  readonly turns: LiveTurns;
  /** Asks a model of the arena. */
  readonly stream: AnswerStream;
  /** Draws the models of a battle. */
  readonly draw: Matchmaker;
  readonly rankings: LiveRankings;
  /** Requests by address, and attempts at passwords and passphrases by address. */
  readonly limits: { readonly requests: RateLimit; readonly attempts: RateLimit; readonly prompts: RateLimit };
  readonly now: () => number;
  readonly log: (line: string) => void;
  close(): Promise<void>;
}

export interface ArenaOptions {
  readonly config: ArenaConfig;
  readonly db: Database;
  /** Null: no moderator's page. */
  readonly moderatorPassword: string | null;
  /** Key of hashes; null: made once and kept in the database. */
  readonly secret: string | null;
  readonly https: boolean;
  readonly log: (line: string) => void;
  /** In place of the endpoints, in tests. */
  readonly stream?: AnswerStream;
  readonly now?: () => number;
}

/** Milliseconds between two signs of life. */
const BEAT_MS = 2_000;
/** Attempts at a passphrase or password, by address and minute. */
const ATTEMPTS = 10;

/**
 * Opens an arena over an open database, which `close` closes. Throws `StorageError` where the database is away.
 */
export async function openArena(options: ArenaOptions): Promise<Arena> {
  const { config, db, log } = options;
  const now = options.now ?? Date.now;
  const secret = options.secret ?? (await keptSecret(db));
  const name = processName();
  const connections = openConnections({ silenceMs: 0 });
  const health = new EndpointHealth(now);
  const draw = matchmaker(db, config, health, now);
  const stream = options.stream ?? endpointStream(config, connections, process.env);
  await beat(db, name, now());
  const beating = setInterval(() => void beat(db, name, now()).catch(() => undefined), BEAT_MS);
  beating.unref();
  const turns = new LiveTurns({ db, config, stream, process: name, draw, health, log, now });
  const guard = new Guard({
    secret,
    https: options.https,
    origin: config.origin === undefined ? null : new URL(config.origin).origin,
    trustedProxies: config.trusted_proxies,
    moderatorPassword: options.moderatorPassword,
    now,
  });
  const limits = {
    requests: new RateLimit(config.limits.requests_per_address_per_minute, now),
    attempts: new RateLimit(ATTEMPTS, now),
    prompts: new RateLimit(config.limits.prompts_per_minute, now),
  };
  const close = async (): Promise<void> => {
    clearInterval(beating);
    await turns.close();
    await connections.close();
    await db.close();
  };
  return {
    config,
    db,
    secret,
    process: name,
    guard,
    turns,
    stream,
    draw,
    rankings: liveRankings(db, config, now),
    limits,
    now,
    log,
    close,
  };
}
