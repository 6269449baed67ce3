import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes, the longest first: begun last, one of them would keep a single worker busy while the other has nothing left. */
const LONG = ['onnx/golden.test.ts', 'cli/run.test.ts', 'fuzz/tasks.test.ts', 'run/property.test.ts', 'api/limiter.test.ts'];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => (LONG.findIndex((name) => moduleId.endsWith(name)) + 1 || LONG.length + 1);
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// Two workers: the usual machine has two cores, and tests that start models must not starve each other.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
    sequence: { sequencer: LongFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
