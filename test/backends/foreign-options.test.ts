import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { MODEL_OPTIONS, refuseForeignOptions } from '../../src/backends/foreign-options.js';
import { type BackendName, DEFAULT_OPEN_OPTIONS, type ModelOptions } from '../../src/backends/open.js';
import { addJudge } from '../../src/cli/judge.js';
import { addRun } from '../../src/cli/run.js';

const GIVEN: ModelOptions = {
  ...{ device: 'cuda', dtype: 'float32', threads: 2, batchTokens: 64, cardMemoryGib: 8, memoryGib: 8, maxLength: 100 },
  ...{ offline: true, baseUrls: ['http://x/v1'], tokenizer: 'x', templateDate: new Date(0), apiKeyEnv: 'KEY', concurrency: 2 },
  ...{ timeoutSeconds: 3, maxTries: 2, maxNewTokens: 5, scoring: 'echo', promptsAs: 'text', serve: 'vllm', serveArgs: ['--x'] },
  ...{ maxCostUsd: 1, pricesFile: 'p.yaml' },
};

/** Options of `run` that say nothing of the model. */
const OF_THE_RUN = [
  ...['--model', '--tasks', '--prompt', '--limit', '--shard', '--dry-run', '--data', '--hooks', '--include-path', '--num-fewshot'],
  ...['--fewshot-seeds', '--prompt-variants', '--out', '--name', '--no-samples', '--samples', '--json', '--quiet'],
  ...['--system-instruction', '--thinking', '--no-multiturn', '--check-batch'],
  ...['--fresh', '--no-journal', '--retry-errors', '--max-error-rate'],
];
/** Options of `judge` that say nothing of the model. */
const OF_THE_JUDGE = ['--against', '--json', '--labels', '--limit', '--max-error-rate', '--model', '--out', '--rubric', '--tasks'];

const flagsOf = (add: (program: Command) => unknown): string[] => {
  const program = new Command();
  add(program);
  return program.commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? []));
};

/** Whether the backend takes the one option that is set. */
function takes(backend: BackendName, served: boolean, flag: string): boolean {
  const given = Object.entries(GIVEN).filter(([key]) => Object.entries(MODEL_OPTIONS).some(([name, o]) => name === key && o.flag === flag));
  expect(given).toHaveLength(1);
  try {
    refuseForeignOptions(backend, served, { ...DEFAULT_OPEN_OPTIONS, ...Object.fromEntries(given) });
    return true;
  } catch (error) {
    expect(String(error)).toMatch(new RegExp(`${flag} has no effect on .+; it goes with .+`));
    return false;
  }
}

describe('options that only some backends use', () => {
  const flags = Object.values(MODEL_OPTIONS).map(({ flag }) => flag);

  it('every option of run and of judge is in the table, or says nothing of the model', () => {
    const ofRun = flagsOf((program) => addRun(program, () => undefined));
    expect(ofRun.length).toBeGreaterThan(30);
    expect(ofRun.sort()).toEqual([...flags, ...OF_THE_RUN].sort());
    const ofJudge = flagsOf((program) => addJudge(program, () => undefined));
    expect(ofJudge.filter((flag) => !flags.includes(flag)).sort()).toEqual(OF_THE_JUDGE);
  });

  it('none is refused where nobody gave it, nor is --device cpu', () => {
    for (const backend of ['onnx', 'completions', 'openai', 'anthropic', 'fake'] as const)
      refuseForeignOptions(backend, false, { ...DEFAULT_OPEN_OPTIONS, device: 'cpu' });
  });

  const EVERYWHERE = ['--offline', '--max-new-tokens', '--serve'];
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
    const taken = flags.filter((flag) => takes(backend, served, flag));
    expect(taken.sort()).toEqual([...EVERYWHERE, ...own.split(' ')].sort());
  });
});
