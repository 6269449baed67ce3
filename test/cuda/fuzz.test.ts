import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { unpackLibraries } from '../../src/cuda/wheel-file.js';
import { UserError } from '../../src/errors.js';
import { makeWheel } from './fake-index.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'eus-eval-wheels-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const numRuns = Number(process.env.EUS_EVAL_FUZZ_RUNS ?? 500);

/** Runs something with odd input: it gives a value or one `UserError` of one line. */
async function survives(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/^[^\n\p{Cc}]{1,2100}$/u);
  }
}

describe('odd wheels', () => {
  const file = 'nvidia_x-13.0-py3-none-manylinux_2_17_x86_64.whl';
  const good = makeWheel('nvidia_x', '13.0', ['nvidia-y~=13.0; extra == "cuda"'], {
    'nvidia/lib/libx.so.13': Buffer.from('library '.repeat(50)),
    'nvidia/lib/liby.so': Buffer.from('y'),
  });

  it('a wheel with changed bytes is unpacked, or refused in one line; nothing is written outside its folder', async () => {
    const local = path.join(scratch, file);
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(edits, fc.integer({ min: 1, max: good.length }), async (changes, length) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        writeFileSync(local, length % 5 === 0 ? bytes.subarray(0, length) : bytes);
        const folder = path.join(scratch, 'out');
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder);
        await survives(async () => {
          const files = await unpackLibraries({ name: 'nvidia-x', file }, local, folder);
          for (const one of files) expect(one.name).toMatch(/^lib[A-Za-z0-9_+.-]+\.so[.\d]*$/);
        });
      }),
      { numRuns, seed: Number(process.env.EUS_EVAL_FUZZ_SEED ?? 7) },
    );
  });
});
