import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PyFloat } from '../../src/python/float.js';
import { parseYaml } from '../../src/tasks/parse-yaml.js';

/** Scalars with the kind and value that PyYAML reads (made by make-yaml-scalars.py). */
const rows = JSON.parse(readFileSync(new URL('yaml-scalars.json', import.meta.url), 'utf8')) as [string, string, string | boolean | null][];

function read(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = parseYaml('x.yaml', `k: ${text}\n`).k;
  } catch {
    return ['error', null];
  }
  if (value === null) return ['null', null];
  if (typeof value === 'boolean') return ['bool', value];
  if (typeof value === 'string') return ['text', value];
  if (value instanceof Date) return ['date', value.getTime()];
  return ['number', typeof value === 'bigint' ? String(value) : Number(value)];
}

function expected(kind: string, value: string | boolean | null): readonly unknown[] {
  if (kind === 'date') return ['date', Date.parse(String(value).replace(/(\.\d{3})\d+/, '$1'))];
  if (kind === 'int') return ['number', Number.isSafeInteger(Number(value)) ? Number(value) : value];
  if (kind === 'float') return ['number', Number(String(value).replace('inf', 'Infinity').replace('nan', 'NaN'))];
  return [kind, value];
}

it(`${rows.length} scalars are what PyYAML reads`, () => {
  expect(rows.length).toBe(3000);
  const differing = rows.filter(([text, kind, value]) => JSON.stringify(read(text)) !== JSON.stringify(expected(kind, value)));
  expect(differing.map(([text, ...python]) => [text, python, read(text)])).toEqual([]);
});

it('floats of few-shot samples are told from integers, since Python prints them so; elsewhere a number is a number', () => {
  const text =
    'fewshot_config:\n  samples:\n    - &a {q: x, n: 1.0, i: 1, h: 1.5}\n    - {<<: *a, l: [1_0.0, "1.0"]}\nmetadata: {version: 1.0}\n';
  const first = { q: 'x', n: new PyFloat(1), i: 1, h: 1.5 };
  expect(parseYaml('x.yaml', text)).toEqual({
    fewshot_config: { samples: [first, { ...first, l: [new PyFloat(10), '1.0'] }] },
    metadata: { version: 1 },
  });
});
