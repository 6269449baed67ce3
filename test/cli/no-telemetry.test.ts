import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { tempFolder } from '../data/temp.js';
import { SHARED, shared } from '../shared.js';

const bin = fileURLToPath(new URL('../../bin/eus-eval.js', import.meta.url));

it.skipIf(SHARED === null)(
  'a run of a local model leaves nothing in the home and the temporary folder: no telemetry of ONNX Runtime',
  () => {
    const root = tempFolder();
    for (const name of ['home', 'tmp']) mkdirSync(path.join(root, name));
    const model = ['--model', shared('models/tiny-llama'), '--tasks', 'eus_trivia', '--limit', '1', '--data', shared('data/synthetic')];
    const env = { PATH: process.env.PATH ?? '', HOME: path.join(root, 'home'), TMPDIR: path.join(root, 'tmp') };
    const ended = spawnSync(process.execPath, [bin, 'run', ...model, '--out', path.join(root, 'out')], { env, encoding: 'utf8' });
    expect([ended.status, ended.stdout.includes('eus_trivia')]).toEqual([0, true]);
    expect([readdirSync(env.HOME), readdirSync(env.TMPDIR)]).toEqual([[], []]);
  },
);
