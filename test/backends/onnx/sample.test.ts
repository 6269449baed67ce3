import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DrawRules, distributionOf, drawsOf, NO_DRAW_DEFAULTS, newDrawer } from '../../../src/backends/onnx/sample.js';
import type { Sampling } from '../../../src/generation.js';
import { packagePath } from '../../../src/package-files.js';
import type { Ask, Backend } from '../../../src/types.js';
import { askAll, openModel } from './compare.js';

interface Case {
  readonly rules: DrawRules;
  readonly scores: readonly number[];
  readonly probabilities: Readonly<Record<string, number>>;
}

const { cases }: { readonly cases: readonly Case[] } = JSON.parse(readFileSync(new URL('draws.json', import.meta.url), 'utf8'));
const ALL: DrawRules = { temperature: 1, topK: null, topP: 1, minP: 0 };

function normalized(scores: readonly number[]): Float32Array {
  const top = Math.max(...scores);
  const sum = top + Math.log(scores.reduce((total, x) => total + Math.exp(x - top), 0));
  return Float32Array.from(scores, (x) => x - sum);
}

describe('what a token is drawn from', () => {
  for (const [i, { rules, scores, probabilities }] of cases.entries()) {
    it(`is what transformers draws from (${i}: ${JSON.stringify(rules)})`, () => {
      const found = distributionOf(normalized(scores), rules);
      const theirs = Object.entries(probabilities).filter(([, p]) => p > 1e-12);
      expect(found.filter(({ probability }) => probability > 1e-12).map(({ token }) => String(token))).toEqual(
        theirs.map(([token]) => token),
      );
      for (const { token, probability } of found) expect(probability).toBeCloseTo(probabilities[token] ?? 0, 5);
    });
  }

  it('is the likeliest token alone, where one is allowed, and adds up to one', () => {
    const logprobs = fc
      .array(fc.float({ min: -30, max: 0, noNaN: true }), { minLength: 1, maxLength: 40 })
      .map((x) => Float32Array.from(x));
    const property = fc.property(
      logprobs,
      fc.double({ min: 0.05, max: 5, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      (x, temperature, topK) => {
        const sum = distributionOf(x, { ...ALL, temperature, topK }).reduce((total, { probability }) => total + probability, 0);
        expect(sum).toBeCloseTo(1, 9);
        const [best] = distributionOf(x, { ...ALL, temperature, topK: 1 });
        expect(x[best?.token ?? -1]).toBe(Math.max(...x));
      },
    );
    fc.assert(property);
  });

  it('is nothing where there are no numbers', () => {
    expect(distributionOf(Float32Array.of(-1, Number.NaN), ALL)).toEqual([]);
    expect(newDrawer({ ...ALL, seed: 1, vocabulary: 1 }).draw(Float32Array.of(Number.NaN))).toBeUndefined();
  });

  it('is drawn as often as it is likely', () => {
    const logprobs = normalized([0, 1, 2, -1, 3, 1.5]);
    const drawer = newDrawer({ ...ALL, temperature: 1.2, seed: 7, vocabulary: 6 });
    const counts = [0, 0, 0, 0, 0, 0];
    const draws = 40_000;
    for (let i = 0; i < draws; i++) {
      const token = drawer.draw(logprobs) ?? -1;
      counts[token] = (counts[token] ?? 0) + 1;
    }
    for (const { token, probability } of distributionOf(logprobs, { ...ALL, temperature: 1.2 })) {
      const error = Math.sqrt((probability * (1 - probability)) / draws);
      expect(Math.abs((counts[token] ?? 0) / draws - probability)).toBeLessThan(4 * error);
    }
  });

  it('follows the task, then the model, then transformers', () => {
    const task: Sampling = { temperature: 0.8, topP: null, topK: null, seed: 3 };
    expect(drawsOf(task, NO_DRAW_DEFAULTS, 9)).toEqual({ temperature: 0.8, topK: 50, topP: 1, minP: 0, seed: 3, vocabulary: 9 });
    expect(drawsOf(task, { topK: 20, topP: 0.9, minP: 0.1 }, 9)).toMatchObject({ topK: 20, topP: 0.9, minP: 0.1 });
    expect(drawsOf({ ...task, topK: 0, topP: 0.5 }, { topK: 20, topP: 0.9, minP: null }, 9)).toMatchObject({ topK: null, topP: 0.5 });
  });
});

describe('drawn answers of a local model', () => {
  let backend: Backend;
  let narrow: Backend;
  beforeAll(async () => {
    backend = await openModel(packagePath('fixtures/models/tiny-llama'));
    narrow = await openModel(packagePath('fixtures/models/tiny-llama'), { batchTokens: 16 });
  });
  afterAll(async () => {
    await backend.close();
    await narrow.close();
  });
  const asks = (sampling: (i: number) => Sampling | undefined, count = 12): Ask[] =>
    Array.from({ length: count }, (_, id) => {
      const drawn = sampling(id);
      const context = `Galdera ${id}: zenbat da ${id} gehi ${id % 3}?\nErantzuna:`;
      return {
        id,
        request: { kind: 'generate', context, until: ['\n\n'], maxNewTokens: 12, ...(drawn === undefined ? {} : { sampling: drawn }) },
      };
    });
  const textsOf = async (of: Backend, requests: readonly Ask[]): Promise<readonly string[]> => {
    const answers = await askAll(of, requests);
    return requests
      .toSorted((a, b) => a.id - b.id)
      .map(({ id }) => {
        const response = answers.get(id);
        return response?.kind === 'generate' ? response.text : JSON.stringify(response);
      });
  };
  const drawn = (seed: number): Sampling => ({ temperature: 1.5, topP: 0.95, topK: 0, seed });

  it('do not depend on batch, order or neighbours, and follow the seed', async () => {
    const requests = asks((i) => drawn(i));
    const texts = await textsOf(backend, requests);
    expect(await textsOf(narrow, requests)).toEqual(texts);
    expect(await textsOf(backend, requests.toReversed())).toEqual(texts);
    const mixed = asks((i) => (i % 2 === 0 ? drawn(i) : undefined));
    const greedy = await textsOf(
      backend,
      asks(() => undefined),
    );
    expect(await textsOf(backend, mixed)).toEqual(texts.map((text, i) => (i % 2 === 0 ? text : greedy[i])));
    const others = await textsOf(
      backend,
      asks((i) => drawn(i + 1000)),
    );
    expect(others.filter((text, i) => text === texts[i]).length).toBeLessThan(6);
  });

  it('are the greedy ones where one token may be drawn, or the temperature is next to nothing', async () => {
    const greedy = await textsOf(
      backend,
      asks(() => undefined),
    );
    expect(
      await textsOf(
        backend,
        asks((seed) => ({ temperature: 2, topP: null, topK: 1, seed })),
      ),
    ).toEqual(greedy);
    expect(
      await textsOf(
        backend,
        asks((seed) => ({ temperature: 1e-4, topP: null, topK: 0, seed })),
      ),
    ).toEqual(greedy);
  });
});
