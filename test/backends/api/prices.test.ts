import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mostItCosts } from '../../../src/backends/api/budget.js';
import { costOf, createEstimate, findPrice, loadPrices } from '../../../src/backends/api/prices.js';
import type { Request } from '../../../src/types.js';

const folder = mkdtempSync(path.join(tmpdir(), 'prices-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function estimateCost(requests: readonly Request[], options: Parameters<typeof createEstimate>[0]) {
  const estimate = createEstimate(options);
  for (const request of requests) await estimate.add(request);
  return estimate.total();
}

function file(text: string): string {
  const name = path.join(folder, 'prices.yaml');
  writeFileSync(name, text);
  return name;
}

describe('price table', () => {
  it('ships with the models of the paper', async () => {
    const table = await loadPrices(null);
    for (const model of ['gpt-4o-2024-11-20', 'gpt-4-0125-preview', 'gpt-4-0613', 'gpt-3.5-turbo-0125', 'claude-3-5-sonnet-20241022'])
      expect(findPrice(table, model), model).not.toBeNull();
    expect(table.checked).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(findPrice(table, 'llama3.2')).toBeNull();
  });
  it('takes a full name before a beginning, and the longest beginning', async () => {
    const table = await loadPrices(
      file('models: { "a*": {input: 1, output: 1}, "a-b*": {input: 2, output: 2}, a-b-c: {input: 3, output: 3} }'),
    );
    expect([findPrice(table, 'a-x'), findPrice(table, 'a-b-d'), findPrice(table, 'a-b-c')].map((p) => p?.input)).toEqual([1, 2, 3]);
    expect(findPrice(table, 'b')).toBeNull();
    expect(findPrice(table, 'toString')).toBeNull();
  });
  it.each([
    ['models: { a: {input: 1} }', /models\.a\.output/],
    ['models: { a: {input: -1, output: 1} }', /models\.a\.input/],
    ['prices: 1', /models/],
    ['models: [', /prices\.yaml/],
  ])('refuses %s in one line', async (text, message) => {
    const error: unknown = await loadPrices(file(text)).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('\n');
  });
});

describe('estimate', () => {
  const price = { input: 2, output: 10 };
  const chat: Request = { kind: 'generate', context: [{ role: 'user', content: 'a'.repeat(480) }], until: [], maxNewTokens: 1 };

  it('is a range where tokens are guessed', async () => {
    const estimate = await estimateCost([chat, chat], { price, countTokens: null, defaultNewTokens: 1024 });
    expect(estimate).toMatchObject({ requests: 2, exact: false, outputTokens: { low: 2, high: 2 } });
    expect(estimate.inputTokens.low).toBe(206);
    expect(estimate.inputTokens.high).toBe(Math.ceil(2 * (480 / 1.8 + 6)));
    expect(estimate.usd?.low).toBeLessThan(estimate.usd?.high ?? 0);
  });
  it('counts every choice, and exactly where the tokenizer is known', async () => {
    const choices: Request = { kind: 'choices', context: 'one two', continuations: [' three', ' three four'] };
    const countTokens = async (texts: readonly string[]): Promise<number[]> => texts.map((text) => text.split(' ').length);
    expect(await estimateCost([choices], { price, countTokens, defaultNewTokens: 1 })).toEqual({
      requests: 1,
      inputTokens: { low: 7, high: 7 },
      outputTokens: { low: 2, high: 2 },
      usd: { low: costOf(price, 7, 2), high: costOf(price, 7, 2) },
      exact: true,
    });
  });
  it('has no price where none is known', async () => {
    expect((await estimateCost([chat], { price: null, countTokens: null, defaultNewTokens: 1 })).usd).toBeNull();
  });
  it('holds what GPT-4 counted for a Basque prompt of the paper (935 characters in 12 messages: 456 tokens)', async () => {
    const context = Array.from({ length: 12 }, (_, i) => ({
      role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
      content: 'x'.repeat(i === 0 ? 935 - 11 * 78 : 78),
    }));
    const { inputTokens } = await estimateCost([{ ...chat, context }], { price, countTokens: null, defaultNewTokens: 1 });
    expect(inputTokens.low).toBeLessThan(456);
    expect(inputTokens.high).toBeGreaterThan(456);
    expect(mostItCosts({ input: 1e6, output: 0 }, context, 1)).toBeGreaterThan(456);
  });
});
