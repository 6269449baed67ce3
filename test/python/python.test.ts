import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pyEquals } from '../../src/python/equal.js';
import { fieldOf, fieldsOf } from '../../src/python/fields.js';
import { PyFloat } from '../../src/python/float.js';
import { dumpsJson, dumpsJsonIndented, MAX_DEPTH, parseJson } from '../../src/python/json.js';
import { literalEval } from '../../src/python/literal.js';
import { floatRepr } from '../../src/python/number.js';
import { PythonRandom } from '../../src/python/random.js';
import { codePointLength, isSpace, lstrip, pyRepr, pyStr, rstrip, splitSpace, strip } from '../../src/python/strings.js';
import type { Value } from '../../src/types.js';
import { cases } from './cases.js';

describe('random.Random(seed)', () => {
  for (const { seed, skip, bits, samples, below } of cases.random) {
    it(`seed ${seed}${skip === undefined ? '' : ` after ${skip} samples`} draws what Python draws`, () => {
      const random = new PythonRandom(seed);
      for (let i = 0; i < (skip ?? 0); i++) random.sampleIndices(1715, 6);
      expect(bits.map(() => random.next32())).toEqual(bits);
      for (const [n, k, sample] of samples) expect(random.sampleIndices(n, k), `sample(range(${n}), ${k})`).toEqual(sample);
      expect(below.map(([n]) => random.randBelow(n))).toEqual(below.map(([, value]) => value));
    });
  }

  it('refuses a sample larger than the population', () => {
    expect(() => new PythonRandom(1).sampleIndices(3, 4)).toThrow(RangeError);
  });
});

describe('json', () => {
  for (const { text, error, line, indented, str, repr } of cases.json) {
    it(`${error ? 'refuses' : 'reads and writes'} ${JSON.stringify(text).slice(0, 60)}`, () => {
      if (error) {
        expect(() => parseJson(text)).toThrow(/not valid JSON at character \d+/);
        return;
      }
      const value = parseJson(text);
      expect(dumpsJson(value)).toBe(line);
      expect(dumpsJsonIndented(value)).toBe(indented);
      expect(pyStr(value)).toBe(str);
      expect(pyRepr(value)).toBe(repr);
    });
  }

  it('refuses deep nesting, with and without odd numbers, instead of overflowing the stack', () => {
    for (const inside of ['', '1.0']) {
      const deep = '['.repeat(100_000) + inside + ']'.repeat(100_000);
      expect(() => parseJson(deep)).toThrow(/nested deeper/);
      expect(parseJson('['.repeat(MAX_DEPTH) + inside + ']'.repeat(MAX_DEPTH))).toBeInstanceOf(Array);
    }
  });

  it('keeps a field called __proto__ as data', () => {
    for (const text of ['{"__proto__": {"polluted": 1}}', '{"__proto__": {"polluted": 1.0}}']) {
      const value = parseJson(text) as { [field: string]: Value };
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(fieldsOf(value)).toEqual(['__proto__']);
      expect(fieldOf(value, 'polluted')).toBeUndefined();
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('the fast and the careful reader agree on every value that JSON has', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        // A number with a point forces the careful reader over the same content.
        const careful = parseJson(`[1.5, ${text}]`) as readonly Value[];
        expect(dumpsJson(careful[1] ?? null)).toBe(dumpsJson(parseJson(text)));
      }),
    );
  });

  it('what it writes reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const once = parseJson(JSON.stringify(value));
        expect(dumpsJson(parseJson(dumpsJsonIndented(once)))).toBe(dumpsJson(once));
      }),
    );
  });
});

describe('texts and numbers', () => {
  it('floats print as repr prints them', () => {
    for (const [text, repr] of cases.floats) expect(floatRepr(Number(text))).toBe(repr);
  });

  it('strip, isspace, len and split', () => {
    for (const [text, both, left, right, space, length, parts] of cases.strip) {
      expect(
        [strip(text), lstrip(text), rstrip(text), isSpace(text), codePointLength(text), splitSpace(text)],
        JSON.stringify(text),
      ).toEqual([both, left, right, space, length, parts]);
    }
  });

  it('repr of texts', () => {
    for (const [text, repr] of cases.repr) expect(pyRepr(text), JSON.stringify(text)).toBe(repr);
  });

  it('literals', () => {
    for (const [text, json] of cases.literals) {
      if (json === null) expect(() => literalEval(text), text).toThrow(/not a Python literal/);
      else expect(dumpsJson(literalEval(text)), text).toBe(json);
    }
  });

  it('repr of a list of texts reads back as the list', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        expect(literalEval(pyRepr(texts))).toEqual(texts);
      }),
    );
  });

  it('equality', () => {
    for (const [a, b, equal] of cases.equal) expect(pyEquals(parseJson(a), parseJson(b)), `${a} == ${b}`).toBe(equal);
  });

  it('an integral float stays a float', () => {
    expect(parseJson('3.0')).toBeInstanceOf(PyFloat);
    expect(parseJson('3')).toBe(3);
  });
});
