/** `arena serve` from start to Ctrl-C. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../errors.js';
import { withoutLogin } from '../http/redact.js';
import { type Arena, openArena } from './arena.js';
import { type ArenaConfig, configOf, readConfig } from './config.js';
import { makePassphrase } from './identity.js';
import { openDatabase } from './open-database.js';
import { silentModels } from './probe.js';
import { serveArena } from './serve.js';
import { DEMO_MODELS, type StubServer, startStubModels } from './stub-models.js';

export interface ServeOptions {
  /** Null: the demo. */
  readonly file: string | null;
  readonly port: number;
  readonly host: string;
  readonly database: string | null;
  /** Moderator's password. */
  readonly password: string | null;
  /** Key of hashes. */
  readonly secret: string | null;
  readonly note: (line: string) => void;
}

/** Characters of a password that is not guessed within the arena's days at ten attempts a minute. */
const SHORTEST_PASSWORD = 12;
const LOOPBACK = /^(localhost|127\.|::1$)/;

/**
 * Serves until SIGINT or SIGTERM. Throws `UserError` for what ARENA.yaml, the environment or the port get wrong.
 */
export async function runServe(options: ServeOptions): Promise<void> {
  const demo = options.file === null ? await openDemo() : null;
  try {
    const config = demo?.config ?? (await readConfig(options.file ?? ''));
    const password = demo === null ? options.password : (options.password ?? makePassphrase());
    checkSecrets(password, options.secret);
    checkKeys(config);
    const local = LOOPBACK.test(options.host);
    // Behind a proxy the arena listens on this machine, and participants come over https all the same.
    const https = config.https ?? (config.origin === undefined ? !local : config.origin.startsWith('https:'));
    const database = options.database ?? config.database;
    const open = async (): Promise<Arena> => {
      const db = await openDatabase(database);
      return openArena({ config, db, moderatorPassword: password, secret: options.secret, https, log: options.note });
    };
    const server = await serveArena(open, options.host, options.port);
    const models = config.models.filter((m) => m.active).length;
    options.note(`arena of ${models} models on ${server.address}, database ${withoutLogin(database)}`);
    options.note(
      password === null
        ? 'no moderator: EUS_EVAL_ARENA_PASSWORD is not set'
        : `moderator: ${server.address}/moderator${demo === null ? '' : `, password ${password}`}`,
    );
    if (https && !local) options.note('cookies are for https only; https: false in ARENA.yaml is for trying without TLS');
    // In the background: one that starts later than the arena is no fault.
    void silentModels(config, server.arena.stream).then((lines) => {
      for (const line of lines) options.note(`${line}; battles go to the others until it does`);
    });
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    options.note('stopping; votes are stored, running answers are given up');
    await server.close();
  } finally {
    await demo?.close();
  }
}

function checkSecrets(password: string | null, secret: string | null): void {
  if (password !== null && password.length < SHORTEST_PASSWORD)
    throw new UserError(`EUS_EVAL_ARENA_PASSWORD is too short; give ${SHORTEST_PASSWORD} characters or more`);
  if (secret !== null && secret.length < 32) throw new UserError('EUS_EVAL_ARENA_SECRET is too short; give 32 random characters or more');
}

/** A key that is missing is noticed now, not by the first participant. */
function checkKeys(config: ArenaConfig): void {
  for (const model of config.models) {
    const name = model.key_env;
    if (name !== undefined && (process.env[name] ?? '').trim() === '')
      throw new UserError(`model ${model.name}: the environment variable ${name} is not set; it must hold the key`);
  }
}

async function openDemo(): Promise<{ readonly config: ArenaConfig; readonly close: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'eus-eval-arena-'));
  const stubs: StubServer = await startStubModels(DEMO_MODELS);
  const config = configOf(
    { models: stubs.models, ranking: 'public', database: path.join(folder, 'arena.db'), limits: { prompts_per_minute: 60 } },
    'the demo',
  );
  return {
    config,
    close: async () => {
      await stubs.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
