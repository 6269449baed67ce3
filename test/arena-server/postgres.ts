/** A PostgreSQL of our own below a temporary folder. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Folders where packages put the server's programs. */
const PLACES = ['/usr/local/bin', ...[18, 17, 16, 15, 14].map((v) => `/usr/lib/postgresql/${v}/bin`), '/opt/homebrew/bin'];

/** Folder of initdb and postgres, or null where they are not installed. */
export const POSTGRES: string | null =
  PLACES.find((folder) => existsSync(path.join(folder, 'initdb')) && existsSync(path.join(folder, 'postgres'))) ?? null;

if (POSTGRES === null) console.log('skipped: tests of the arena on PostgreSQL (no server here; apt-get install postgresql)');

export interface Cluster {
  /** Address of a new, empty database. */
  fresh(): Promise<string>;
  restart(): Promise<void>;
  stop(): void;
}

/** The server refuses to run as root; "nobody" may. */
function who(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts a server that listens on this machine alone. */
export async function startCluster(settings: readonly string[] = []): Promise<Cluster> {
  const bin = POSTGRES ?? '';
  const folder = mkdtempSync(path.join(tmpdir(), 'eus-eval-pg-'));
  const user = who();
  if (user.uid !== undefined) {
    chownSync(folder, user.uid, user.gid ?? user.uid);
    for (let up = path.dirname(folder); up.length > 1; up = path.dirname(up)) if (up !== tmpdir()) break;
    // The parents must let that user through.
    if (tmpdir() !== '/tmp') chmodSync(tmpdir(), 0o755);
  }
  const data = path.join(folder, 'data');
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH ?? '' };
  const made = spawnSync(path.join(bin, 'initdb'), ['-D', data, '-U', 'arena', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...user,
    env,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr} ${made.stdout}`);
  const port = await freePort();
  const options = [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    `unix_socket_directories=${folder}`,
    ...settings,
  ];
  const { openPostgres } = await import('../../src/arena-server/postgres.js');
  const address = (name: string): string => `postgres://arena@127.0.0.1:${port}/${name}`;
  let server = spawn(path.join(bin, 'postgres'), options, { ...user, env, cwd: folder, stdio: 'ignore' });
  async function ready(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const db = openPostgres(address('postgres'));
      try {
        await db.all('select 1 as one');
        return;
      } catch (error) {
        if (attempt > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      } finally {
        await db.close();
      }
    }
  }
  await ready();
  let databases = 0;
  return {
    fresh: async () => {
      const name = `arena${++databases}`;
      const db = openPostgres(address('postgres'));
      await db.run(`create database ${name}`);
      await db.close();
      return address(name);
    },
    restart: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      // SIGINT: the fast shutdown, which breaks all connections.
      server.kill('SIGINT');
      await ended;
      server = spawn(path.join(bin, 'postgres'), options, { ...user, env, cwd: folder, stdio: 'ignore' });
      await ready();
    },
    stop: () => {
      server.kill('SIGQUIT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
