import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSampleFile } from '../../src/results/sample-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'samples-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('sample file', () => {
  it('is in order whatever the order of its lines', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i)), fc.boolean(), async (order, long) => {
        const file = openSampleFile(path.join(folder, 'part'));
        const line = (i: number): string => `${i} ñ😀 ${long ? 'x'.repeat(20_000) : ''}`;
        for (const i of order) await file.add(i, line(i));
        const target = path.join(folder, 'whole.jsonl');
        await file.seal();
        await file.publish(target);
        const expected = [...order].sort((a, b) => a - b).map((i) => `${line(i)}\n`);
        expect(readFileSync(target, 'utf8')).toBe(expected.join(''));
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  it('does not exist under its name before it is complete, and leaves nothing when discarded', async () => {
    const target = path.join(folder, 'samples.jsonl');
    const file = openSampleFile(path.join(folder, 'part'));
    await file.add(0, 'x'.repeat(300_000));
    expect(existsSync(target)).toBe(false);
    await file.discard();
    expect(existsSync(path.join(folder, 'part'))).toBe(false);
  });

  it('names the file that cannot be written', async () => {
    const file = openSampleFile(path.join(folder, 'no', 'such', 'part'));
    await expect(file.seal()).rejects.toThrow(/no\/such\/part cannot be written \(ENOENT\)/);
  });
});
