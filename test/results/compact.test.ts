import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { blocksOf, unpackBlock } from '../../src/results/gzip-blocks.js';
import { readSamples } from '../../src/results/read-samples.js';
import { openSampleFile } from '../../src/results/sample-file.js';
import { eusEval } from '../cli/eus-eval.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'compact-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Sample files of a folder by task. */
function samplesIn(dir: string): ReadonlyMap<string, string> {
  const names = readdirSync(dir).filter((name) => name.startsWith('samples_'));
  return new Map(names.map((name) => [name.replace(/^samples_|_\d{4}-.*$/g, ''), path.join(dir, name)]));
}

async function runs(form: string, ...more: string[]): Promise<ReadonlyMap<string, string>> {
  const out = path.join(folder, [form, ...more].join('').replace(/\W/g, '_'));
  const tasks = 'eus_trivia,belebele_eus_Latn,piqa_eu,mgsm_native_cot_eu';
  const base = ['run', '--model', 'fake:3', '--tasks', tasks, '--data', packagePath('fixtures/data'), '--out', out, '--no-journal'];
  const { code, stderr } = await eusEval([...base, '--samples', form, ...more]);
  expect(code, stderr).toBe(0);
  const dir = more.length === 0 ? out : path.join(out, `shard-${more[1]?.replace('/', '-of-')}`);
  return samplesIn(path.join(dir, 'fake-3'));
}

describe('compact samples', () => {
  it('are byte for byte the full ones, packed to at most a quarter on multiple choice', async () => {
    const [full, compact] = [await runs('full'), await runs('compact')];
    expect([...compact.keys()]).toEqual([...full.keys()]);
    for (const [task, file] of full) {
      const packed = compact.get(task) ?? '';
      expect(packed).toMatch(/\.jsonl\.gz$/);
      expect(gunzipSync(readFileSync(packed)).equals(readFileSync(file)), task).toBe(true);
      if (task !== 'mgsm_native_cot_eu') expect(statSync(packed).size / statSync(file).size, task).toBeLessThanOrEqual(0.25);
    }
  });

  it('are read by compare, gate and merge as the full ones are', async () => {
    const sides = ['full', 'compact'].map((form) => path.join(folder, form, 'fake-3'));
    const [full = '', compact = ''] = sides;
    const compared = await eusEval(['compare', full, compact, '--json']);
    for (const { benchmark, paired, flips_up, flips_down } of JSON.parse(compared.stdout).benchmarks)
      expect([paired, flips_up, flips_down], benchmark).toEqual([true, 0, 0]);
    const gates = [await eusEval(['gate', full, full, '--json']), await eusEval(['gate', full, compact, '--json'])];
    const judged = gates.map(({ code, stdout }) => ({
      code,
      reasons: JSON.parse(stdout).reasons,
      rows: JSON.parse(stdout).compare.benchmarks,
    }));
    expect(judged[1]).toEqual(judged[0]);

    for (const shard of ['1/2', '2/2']) await runs('compact', '--shard', shard);
    const shards = ['1/2', '2/2'].map((shard) => path.join(folder, `compact__shard${shard.replace('/', '_')}`));
    const merged = await eusEval(['merge', ...shards, '--out', path.join(folder, 'merged')]);
    expect(merged.code, merged.stderr).toBe(0);
    for (const [task, file] of samplesIn(path.join(folder, 'merged', 'fake-3'))) {
      const whole = samplesIn(sides[0] ?? '').get(task) ?? '';
      expect(file).toMatch(/\.gz$/);
      expect(gunzipSync(readFileSync(file)).equals(readFileSync(whole)), task).toBe(true);
    }
  });

  it('have members of whole lines, each of which can be read alone, whatever the order and length of the lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(Array.from({ length: 30 }, (_, i) => i)),
        fc.constantFrom(1, 9_000, 300_000),
        async (order, length) => {
          const partial = path.join(folder, 'part');
          const file = openSampleFile(partial, 'compact');
          const line = (i: number): string => `${i} ñ😀 ${'x'.repeat(length)}`;
          for (const i of order) await file.add(i, line(i));
          await file.seal();
          const expected = [...order].sort((a, b) => a - b).map((i) => `${line(i)}\n`);
          const handle = await open(partial, 'r');
          const blocks = (await blocksOf(handle)) ?? [];
          const parts = await Promise.all(blocks.map((block) => unpackBlock(handle, block)));
          await handle.close();
          expect(parts.map(String).join('')).toBe(expected.join(''));
          for (const part of parts) expect(part.at(-1)).toBe(0x0a);
          if (order.length > 0) expect(gunzipSync(readFileSync(partial)).toString()).toBe(expected.join(''));
        },
      ),
      { seed: 5, numRuns: 40 },
    );
  });

  it('are read where another program packed them, and named where they are damaged', async () => {
    const [, file = ''] = [...samplesIn(path.join(folder, 'full', 'fake-3'))].find(([task]) => task === 'piqa_eu') ?? [];
    const foreign = path.join(folder, 'foreign.jsonl.gz');
    writeFileSync(foreign, gzipSync(readFileSync(file)));
    const whole = await readSamples(file, 'piqa_eu');
    expect({ ...(await readSamples(foreign, 'piqa_eu')), path: '' }).toEqual({ ...whole, path: '' });
    const handle = await open(foreign, 'r');
    expect(await blocksOf(handle)).toBeNull();
    await handle.close();
    truncateSync(foreign, 900);
    await expect(readSamples(foreign, 'piqa_eu')).rejects.toThrow(/cannot read .*foreign\.jsonl\.gz: unexpected end of file/);
    writeFileSync(foreign, 'no gzip at all');
    await expect(readSamples(foreign, 'piqa_eu')).rejects.toThrow(/cannot read .*foreign\.jsonl\.gz: incorrect header check/);
  });
});
