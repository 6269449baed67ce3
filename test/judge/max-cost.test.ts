import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluate } from '../../src/library/evaluate.js';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from '../cli/eus-eval.js';

const folder = mkdtempSync(path.join(tmpdir(), 'judge-cost-'));
const file = (name: string): string => path.join(folder, name);
/** Asks for at most this many new tokens, of which it bills ten. */
let asked: number[] = [];
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  request.on('end', () => {
    asked.push(JSON.parse(text).max_tokens);
    response.setHeader('content-type', 'application/json');
    const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '5' } }];
    response.end(JSON.stringify({ model: 'biller', choices, usage: { prompt_tokens: 100, completion_tokens: 10 } }));
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await evaluate({
    model: 'fake:1',
    tasks: 'mgsm_native_cot_eu',
    data: packagePath('fixtures/data'),
    limit: 10,
    out: file('one'),
    journal: false,
  });
  writeFileSync(file('rubric.yaml'), 'mode: score\nprompt: "{{answer}}"\nverdict: "([1-5])"\nlabels: [1, 2, 3, 4, 5]\n');
  // A cent for ten new tokens; what is read costs nothing.
  writeFileSync(file('prices.yaml'), 'models: { biller: { input: 0, output: 1000 } }\n');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

it('judge --max-cost asks only what is sure to fit, by what the server bills, and the next command asks the rest', async () => {
  const { port } = server.address() as AddressInfo;
  const judge = (maxCost: number) =>
    eusEval(
      [
        ...['judge', path.join(file('one'), 'fake-1'), '--model', 'openai:biller', '--base-url', `http://127.0.0.1:${port}/v1`],
        ...['--rubric', file('rubric.yaml'), '--prices', file('prices.yaml'), '--max-cost', String(maxCost), '--concurrency', '1'],
        ...['--out', file('judged'), '--json'],
      ],
      { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: '' },
    );
  const nothing = await judge(0.005);
  expect([nothing.code, asked.length]).toEqual([2, 0]);
  expect(nothing.stderr).toMatch(/--max-cost 0.005: the first request alone may cost \$/);

  // Most of one request, and three cents: the first four fit, whatever the fourth may have cost.
  const probe = await judge(1000);
  expect(probe.code, probe.stderr).toBe(0);
  const [most = 0] = asked;
  rmSync(file('judged'), { recursive: true });
  asked = [];
  const stopped = await judge(most / 1000 + 0.035);
  expect([stopped.code, asked.length]).toEqual([4, 4]);
  expect(stopped.stderr).toMatch(/unscored: mgsm_native_cot_eu document \d+: budget: not asked: it could have passed --max-cost/);
  expect(JSON.parse(stopped.stdout).tasks).toMatchObject([{ documents: 10, unscored: 6 }]);

  asked = [];
  const rest = await judge(1000);
  expect([rest.code, asked.length], rest.stderr).toEqual([0, 6]);
  expect(JSON.parse(rest.stdout).tasks).toMatchObject([{ documents: 10, unscored: 0, mean: 5 }]);
});
