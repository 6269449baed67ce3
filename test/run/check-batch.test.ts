import { describe, expect, it } from 'vitest';
import { newBatchCheck } from '../../src/run/check-batch.js';
import type { Ask, Backend, ChoicesRequest, Response } from '../../src/types.js';

const asked: string[] = [];
const requestOf = (context: string): ChoicesRequest => ({ kind: 'choices', context, continuations: [' A', ' B'] });
const choices = (a: number, b: number, greedy = false): Response => ({ kind: 'choices', logprobs: [a, b], greedy: [greedy, false] });

/** A model that answers each request, alone, as `answer` says. */
function model(answer: (context: string) => Response): Pick<Backend, 'ask'> {
  asked.length = 0;
  return {
    async *ask(requests: AsyncIterable<Ask>) {
      let together = 0;
      for await (const { id, request } of requests) {
        together += 1;
        if (together > 1 || typeof request.context !== 'string') throw new Error('not alone');
        asked.push(request.context);
        yield { id, response: answer(request.context) };
      }
    },
  };
}

async function sentence(wanted: number, answers: readonly Response[], again: (context: string) => Response): Promise<string> {
  const check = newBatchCheck(wanted, 1);
  for (const [place, response] of answers.entries())
    check.watch({ place, prepared: { request: requestOf(`${place}`) } }, response, answers.length);
  return check.run(model(again), new AbortController().signal);
}

describe('--check-batch', () => {
  const answers = Array.from({ length: 12 }, () => choices(-1, -2));

  it('asks documents again that are spread over the task, one by one', async () => {
    expect(await sentence(4, answers, () => choices(-1, -2))).toBe(
      'check-batch: 4 documents scored again one by one; largest difference 0.00e+0 nats, 0 decisions changed',
    );
    expect(asked).toEqual(['0', '3', '6', '9']);
  });

  it('shares the documents among the tasks and takes no more than it was told', async () => {
    const check = newBatchCheck(3, 2);
    for (let task = 0; task < 2; task++)
      for (let place = 0; place < 10; place++)
        check.watch({ place, prepared: { request: requestOf(`${task}.${place}`) } }, choices(-1, -2), 10);
    await check.run(
      model(() => choices(-1, -2)),
      new AbortController().signal,
    );
    expect(asked).toEqual(['0.0', '0.5', '1.0']);
  });

  it('counts another choice and another greedy flag as changed decisions, and says the largest difference', async () => {
    const other: Record<string, Response> = { 0: choices(-2, -1.75), 3: choices(-1, -2, true), 6: choices(-1.125, -2) };
    expect(await sentence(4, answers, (context) => other[context] ?? choices(-1, -2))).toContain(
      '4 documents scored again one by one; largest difference 1.00e+0 nats, 2 decisions changed',
    );
  });

  it('says how many failed the second time and why, and that a score is not a number', async () => {
    const failure: Response = { kind: 'failure', reason: 'http', message: '503' };
    expect(await sentence(4, answers, (context) => (context === '3' ? failure : choices(-1, Number.NaN)))).toBe(
      'check-batch: 3 documents scored again one by one; largest difference Infinity nats, 3 decisions changed; 1 failed (http: 503)',
    );
    expect(await sentence(2, answers, () => failure)).toBe('check-batch: 0 documents scored again one by one; 2 failed (http: 503)');
  });

  it('says so where there is nothing to compare', async () => {
    const text: Response = { kind: 'failure', reason: 'http', message: 'no' };
    expect(await sentence(4, [text, text], () => choices(-1, -2))).toMatch(/^check-batch: nothing to compare/);
  });
});
