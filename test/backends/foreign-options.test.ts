import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { BACKEND_OPTIONS, COMMON_OPTIONS, refuseForeignOptions } from '../../src/backends/foreign-options.js';
import { type BackendName, DEFAULT_OPEN_OPTIONS, type OpenOptions } from '../../src/backends/open.js';
import { addRun } from '../../src/cli/run.js';

const GIVEN: Partial<OpenOptions> = {
  ...{
    device: 'cuda',
    dtype: 'float32',
    threads: 2,
    batchTokens: 64,
    cardMemoryGib: 8,
    memoryGib: 8,
    maxLength: 100,
    baseUrls: ['http://x/v1'],
  },
  ...{ tokenizer: 'x', templateDate: new Date(0), apiKeyEnv: 'KEY', concurrency: 2, timeoutSeconds: 3, maxTries: 2, scoring: 'echo' },
  ...{ promptsAs: 'text', serveArgs: ['--x'], maxCostUsd: 1, pricesFile: 'p.yaml' },
};

/** Whether the backend takes the one option that is set. */
function takes(backend: BackendName, served: boolean, flag: string): boolean {
  const entry = Object.entries(GIVEN).find(([key, value]) =>
    BACKEND_OPTIONS.find((option) => option.flag === flag)?.given({ ...DEFAULT_OPEN_OPTIONS, [key]: value }),
  );
  try {
    refuseForeignOptions(backend, served, { ...DEFAULT_OPEN_OPTIONS, ...Object.fromEntries([entry ?? []]) });
    return true;
  } catch (error) {
    expect(String(error)).toMatch(new RegExp(`${flag} has no effect on .+; it goes with .+`));
    return false;
  }
}

describe('options that only some backends use', () => {
  it('every option of run is in the table, or holds for all', () => {
    const program = new Command();
    const run = addRun(program, () => undefined);
    const flags = run.options.map((option) => option.long);
    expect(flags.length).toBeGreaterThan(30);
    expect(flags.filter((flag) => flag !== undefined && flag !== null).sort()).toEqual(
      [...BACKEND_OPTIONS.map(({ flag }) => flag), ...COMMON_OPTIONS].sort(),
    );
  });

  it.each<[BackendName, boolean, string]>([
    ['onnx', false, '--device --dtype --threads --batch-tokens --card-memory --memory --max-length --template-date'],
    [
      'onnx',
      true,
      '--dtype --max-length --tokenizer --template-date --concurrency --timeout --max-tries --scoring --prompts-as --serve-args',
    ],
    [
      'completions',
      false,
      '--max-length --base-url --tokenizer --template-date --api-key-env --concurrency --timeout --max-tries --scoring --prompts-as',
    ],
    ['openai', false, '--base-url --api-key-env --concurrency --timeout --max-tries --max-cost --prices'],
    ['anthropic', false, '--base-url --api-key-env --concurrency --timeout --max-tries --max-cost --prices'],
    ['fake', false, '--max-length --template-date'],
  ])('%s (served: %s) takes its own and refuses the others by name', (backend, served, own) => {
    const taken = BACKEND_OPTIONS.map(({ flag }) => flag).filter((flag) => takes(backend, served, flag));
    expect(taken.join(' ')).toBe(own);
  });
});
