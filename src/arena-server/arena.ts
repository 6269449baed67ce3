/** A running arena: everything that its routes share. */
import { openConnections } from '../http/connections.js';
import { beat } from './battles.js';
import type { ArenaConfig } from './config.js';
import { type AnswerStream, endpointStream } from './endpoint.js';
import { EndpointHealth } from './endpoint-health.js';
import { Guard } from './http-guard.js';
import { LiveTurns } from './live-turns.js';
import { matchmaker } from './matchmaker.js';
import { processName } from './process-name.js';
import { liveRankings } from './ranking.js';
import { RateLimit } from './rate-limit.js';
import { keptSecret } from './secret.js';
import type { Database } from './sql.js';

export type Arena = Awaited<ReturnType<typeof openArena>>;

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
export async function openArena(options: ArenaOptions) {
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
    /** Name of this process. */
    process: name,
    guard,
    turns,
    /** Asks a model of the arena. */
    stream,
    /** Draws the models of a battle. */
    draw,
    rankings: liveRankings(db, config, now),
    limits: {
      /** By address. */
      requests: new RateLimit(config.limits.requests_per_address_per_minute, now),
      /** At passwords and passphrases, by address. */
      attempts: new RateLimit(ATTEMPTS, now),
      /** By participant. */
      prompts: new RateLimit(config.limits.prompts_per_minute, now),
    },
    now,
    log,
    close,
  };
}
