import { describe, expect, it } from 'vitest';
import { battlesOf } from '../../src/arena/battles.js';
import { fitStrengths } from '../../src/arena/bradley-terry.js';
import { components } from '../../src/arena/components.js';
import { fitArena } from '../../src/arena/fit.js';
import { PythonRandom } from '../../src/python/random.js';

const scoresOf = (text: string): Record<string, number> =>
  Object.fromEntries(
    fitArena(battlesOf(text, 'b.csv', 'global'), { rounds: 0, seed: 1, level: 0.9, largestGroup: false }).models.map((m) => [
      m.model,
      m.score,
    ]),
  );

describe('the winner of a battle', () => {
  const battles = (a: string, b: string): string =>
    `model_a,model_b,winner\n${a},${b},${a}\n${b},${a},${a}\n${b},${a},${a}\n${b},${a},${a}\n${b},${a},${b}\n${a},${b},tie\n`;

  it('is a model by its exact name before a word for a side', () => {
    const [short, long] = [scoresOf(battles('A', 'B')), scoresOf(battles('A-model', 'B-model'))];
    expect(short.A).toBeGreaterThan(short.B ?? 0);
    expect(short.A).toBeCloseTo(long['A-model'] ?? 0, 9);
  });

  it('may be a side in a file whose models are called otherwise', () => {
    expect(scoresOf('model_a,model_b,winner\nx,y,a\ny,x,B\nx,y,MODEL_B\n')).toEqual(
      scoresOf('model_a,model_b,winner\nx,y,x\ny,x,x\nx,y,y\n'),
    );
  });

  it.each([
    [
      'model_a,model_b,winner\nb,a,a\n',
      /^b\.csv: line 2: winner 'a' is the name of a model and a word for a side or a tie; rename the models b, a$/,
    ],
    ['model_a,model_b,winner\nB,A,A\nx,A,a\n', /^b\.csv: winner 'A' in line 2 is the name of a model, 'a' in line 3 a word/],
    ['model_a,model_b,winner\ntie,x,tie\n', /winner 'tie' is the name of a model and a word/],
  ])('is refused where both readings are possible: %j', (text, message) => {
    expect(() => battlesOf(text, 'b.csv', 'global')).toThrow(message);
  });
});

describe('many models', () => {
  const random = new PythonRandom(7);
  const pairsOf = (models: number, perModel: number) =>
    Array.from({ length: models * perModel }, (_, i) => {
      const a = i % models;
      const b = (a + 1 + random.randBelow(models - 1)) % models;
      return { a: Math.min(a, b), b: Math.max(a, b), winsA: random.randBelow(4), winsB: random.randBelow(4), ties: 1 };
    });

  it('the sparse solution is the maximum: every model wins as often as the scores say', () => {
    const models = 400;
    const pairs = pairsOf(models, 6);
    const beta = fitStrengths(models, pairs);
    const surplus = new Float64Array(models);
    for (const { a, b, winsA, winsB, ties } of pairs) {
      const expected = (winsA + winsB + ties) / (1 + Math.exp((beta[b] ?? 0) - (beta[a] ?? 0)));
      surplus[a] = (surplus[a] ?? 0) + winsA + ties / 2 - expected;
      surplus[b] = (surplus[b] ?? 0) - (winsA + ties / 2 - expected);
    }
    expect(surplus.reduce((most, s) => Math.max(most, Math.abs(s)), 0)).toBeLessThan(1e-8);
    expect(beta.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
  });

  it('groups without a common scale are found in chains of any length', () => {
    const n = 20_000;
    const ring = Array.from({ length: n }, (_, i) => ({ a: i, b: (i + 1) % n, winsA: 1, winsB: 0, ties: 0 }));
    expect(components(n, ring).map((g) => g.length)).toEqual([n]);
    expect(components(n, ring.slice(1))).toHaveLength(n);
  });
});
