import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openOnnx } from '../../../src/backends/onnx/open.js';
import { rollingWindows } from '../../../src/models/rolling.js';
import { packagePath } from '../../../src/package-files.js';
import type { Ask, Response } from '../../../src/types.js';

interface Row {
  readonly max_length: number;
  readonly texts: readonly { readonly text: string; readonly tokens: number; readonly logprob: number }[];
}
const rows: readonly Row[] = JSON.parse(readFileSync(new URL('rolling.json', import.meta.url), 'utf8'));
const MODEL = packagePath('fixtures/models/tiny-llama');

async function* asks(texts: readonly string[]): AsyncIterable<Ask> {
  for (const [id, context] of texts.entries()) yield { id, request: { kind: 'rolling', context } };
}

describe('log-probabilities of whole texts', () => {
  for (const batchTokens of [512, 1]) {
    it(`are the harness's, in windows of 16, 33 and 512 tokens, in runs of ${batchTokens}`, async () => {
      for (const { max_length: maxLength, texts } of rows) {
        const options = {
          folder: MODEL,
          modelName: 'm',
          dtype: 'auto',
          device: 'cpu',
          threads: 1,
          renderChat: null,
          chatTemplate: null,
        } as const;
        const backend = await openOnnx({ ...options, maxLength, batchTokens });
        const found = new Map<number, Response>();
        const own = asks(texts.map(({ text }) => text));
        for await (const { id, response } of backend.ask(own, new AbortController().signal)) found.set(id, response);
        await backend.close();
        for (const [i, { text, tokens, logprob }] of texts.entries()) {
          const response = found.get(i);
          if (response?.kind !== 'rolling') throw new Error(`${text}: ${JSON.stringify(response)}`);
          expect(response.tokens, text).toBe(tokens);
          expect(Math.abs(response.logprob - logprob), `${maxLength} ${text}`).toBeLessThanOrEqual(2e-5 * Math.max(1, tokens));
        }
      }
    });
  }

  it('each token is predicted once, in order, behind at least one other, and no window is longer than the model takes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 60 }), fc.integer({ min: 2, max: 20 }), (ids, most) => {
        const windows = rollingWindows(ids, 100, most);
        expect(windows.flatMap(({ targets }) => targets)).toEqual(ids);
        const whole = [100, ...ids];
        let end = 0;
        for (const { ids: input, targets } of windows) {
          end += targets.length;
          expect(input.length).toBeLessThanOrEqual(most);
          expect(targets.length).toBeLessThanOrEqual(input.length);
          // What comes before the last target in the text, as far as it fits.
          expect(input).toEqual(whole.slice(end - input.length, end));
        }
      }),
    );
  });
});
