import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { battlesOf } from '../../src/arena/battles.js';
import { exportBattles } from '../../src/arena-server/export.js';
import { runServe } from '../../src/arena-server/run-serve.js';
import { Client, freshFolder, models, testArena } from './arena-client.js';

const YAML = 'models:\n- {name: A, url: "http://127.0.0.1:9/v1", model: a}\n- {name: B, url: "http://127.0.0.1:9/v1", model: b}\n';

describe('arena serve', () => {
  const start = (over: object = {}, yaml = YAML): Promise<void> => {
    const file = path.join(freshFolder(), 'arena.yaml');
    writeFileSync(file, yaml);
    return runServe({ file, port: 0, host: '127.0.0.1', database: null, password: null, secret: null, note: () => undefined, ...over });
  };

  it('says in one line what is wrong, before anything runs', async () => {
    await expect(start({ file: '/no/such/arena.yaml' })).rejects.toThrow(/^cannot read the arena \/no\/such\/arena\.yaml: no such file$/);
    await expect(start({ password: 'short' })).rejects.toThrow(/EUS_EVAL_ARENA_PASSWORD is too short; give 12 characters or more/);
    await expect(start({ secret: 'short' })).rejects.toThrow(/EUS_EVAL_ARENA_SECRET is too short/);
    await expect(start({}, YAML.replace('model: b', 'model: b, key_env: NO_SUCH_KEY_HERE'))).rejects.toThrow(
      /model B: the environment variable NO_SUCH_KEY_HERE is not set/,
    );
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const database = path.join(freshFolder(), 'arena.db');
    await expect(start({ port, database })).rejects.toThrow(`port ${port} of 127.0.0.1 is taken; give another with --port`);
    expect(existsSync(database)).toBe(false);
    taken.close();
    if (process.platform === 'linux') await expect(start({ database: '/proc/arena.db' })).rejects.toThrow(/no file can be made in \/proc/);
  });
});

describe('arena export', () => {
  it('writes what arena fit reads, with the pseudonyms of the moderator page', async () => {
    const database = path.join(freshFolder(), 'arena.db');
    // A spreadsheet would run two of these names; the fit knows them as the arena does.
    const arena = await testArena({ database, over: { models: models('=One', '+Two, "the second"') } });
    const client = new Client(arena);
    await client.register();
    await client.vote(await client.battle(), { content: 'a', language: 'bad' });
    await client.moderator();
    const page = (await client.get('/api/moderator/battles.csv')).text;
    await arena.close();
    const read = async (format: 'csv' | 'jsonl'): Promise<string> => {
      const out = new PassThrough();
      await exportBattles(database, format, '', null, out);
      return out.end().setEncoding('utf8').read();
    };
    expect(await read('csv')).toBe(page);
    expect(battlesOf(page, 'page', 'language').models).toEqual(['+Two, "the second"', '=One']);
    expect(battlesOf(page, 'page', 'language').pairs).toMatchObject([{ ties: 1 }]);
    expect(battlesOf(page, 'page', 'content').pairs[0]).toMatchObject({ ties: 0 });
    expect(JSON.parse(await read('jsonl'))).toMatchObject({
      winner: 'model_a',
      winner_content: 'model_a',
      winner_language: 'tie (bothbad)',
    });
    await expect(exportBattles('/no/such.db', 'csv', '', null, new PassThrough())).rejects.toThrow(/no such database/);
  });
});
