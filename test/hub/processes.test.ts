import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { tempFolder } from '../data/temp.js';
import { model } from './helpers.js';
import { startHub } from './hub-server.js';

const bin = fileURLToPath(new URL('../../bin/eus-eval.js', import.meta.url));

it('real processes that bring one model into one cache at once all end well, download it once, and leave no locks or parts', async () => {
  const [root, hub] = [tempFolder(), await startHub([model])];
  const env = { PATH: process.env.PATH ?? '', HOME: root, HF_HOME: root, HF_ENDPOINT: hub.endpoint, TMPDIR: root };
  const one = (): Promise<readonly [number | null, string]> =>
    new Promise((done) => {
      const child = spawn(process.execPath, [bin, 'fetch', '--model', model.name, '--no-data', '--quiet'], { env });
      let said = '';
      child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
      child.on('close', (code) => done([code, said]));
    });
  const ends = await Promise.all(Array.from({ length: 6 }, one));
  await hub.close();
  expect(ends).toEqual(ends.map(() => [0, '']));
  const blobs = hub.seen.filter((s) => s.at === 'cdn' && s.method === 'GET').map((s) => s.path);
  expect(blobs.length).toBe(new Set(blobs).size);
  const left = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => path.basename(name));
  expect(left.filter((name) => /lock|incomplete|tmp/.test(name))).toEqual([]);
});
