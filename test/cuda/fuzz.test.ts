import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Candidate, wheelSources } from '../../src/cuda/package-index.js';
import { requirementsOf } from '../../src/cuda/requirement.js';
import { parseConditions, parseVersion } from '../../src/cuda/version.js';
import { readContents, unpackLibraries } from '../../src/cuda/wheel-file.js';
import { parseWheelName } from '../../src/cuda/wheel-name.js';
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

describe('odd wheels and names', () => {
  const file = 'nvidia_x-13.0-py3-none-manylinux_2_17_x86_64.whl';
  const good = makeWheel('nvidia_x', '13.0', ['nvidia-y~=13.0; extra == "cuda"'], {
    'nvidia/lib/libx.so.13': Buffer.from('library '.repeat(50)),
    'nvidia/lib/liby.so': Buffer.from('y'),
  });

  it('a wheel with changed bytes is read, or refused in one line; nothing is written outside its folder', async () => {
    const name = parseWheelName(file);
    if (name === null) throw new Error('no wheel');
    const { settings } = await wheelSources({ index: null, wheels: null }, {});
    const local = path.join(scratch, file);
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(edits, fc.integer({ min: 1, max: good.length }), async (changes, length) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        writeFileSync(local, length % 5 === 0 ? bytes.subarray(0, length) : bytes);
        const candidate: Candidate = { ...name, url: null, local, sha256: null, size: bytes.length };
        await survives(() => readContents(settings, candidate));
        const folder = path.join(scratch, 'out');
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder);
        await survives(async () => {
          const files = await unpackLibraries(candidate, local, folder);
          for (const one of files) expect(one.name).toMatch(/^lib[A-Za-z0-9_+.-]+\.so[.\d]*$/);
        });
      }),
      { numRuns, seed: Number(process.env.EUS_EVAL_FUZZ_SEED ?? 7) },
    );
  });

  it('requirements, versions and file names of any form', async () => {
    const word = fc.constantFrom(
      'nvidia-x',
      '~=',
      '==',
      '13.0',
      '.*',
      ';',
      'extra',
      '"cuda"',
      '(',
      ')',
      'and',
      'or',
      'not in',
      ' ',
      ',',
      '\u0000',
      '𝒳',
      '[a]',
      '@',
      "'",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (line) => {
        await survives(() => requirementsOf(`Requires-Dist: ${line}\n`, ['cuda'], false, 'w.whl'));
        await survives(() => parseConditions(line, 'w.whl'));
        parseVersion(line);
        parseWheelName(line);
      }),
      { numRuns: numRuns * 4, seed: Number(process.env.EUS_EVAL_FUZZ_SEED ?? 7) },
    );
  });

  it('deep parentheses are refused', async () => {
    for (const depth of [400, 200_000]) {
      await survives(() => requirementsOf(`Requires-Dist: x; ${'('.repeat(depth)}`, ['cuda'], false, 'w.whl'));
    }
  });
});
