import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exactMatch } from '../../src/metrics/exact-match.js';
import { applyFilter } from '../../src/scoring/filters.js';
import type { FilterStep } from '../../src/types.js';

type RawStep =
  | { function: 'regex'; regex_pattern: string; group_select?: number; fallback?: string }
  | { function: 'take_first' | 'remove_whitespace' | 'lowercase' | 'uppercase' };
interface Table {
  filters: Record<string, RawStep[]>;
  options: { ignore_case?: boolean; ignore_punctuation?: boolean; regexes_to_ignore?: string[] }[];
  cases: [filter: string, options: number, text: string, reference: string, filtered: string, score: number][];
}

const table: Table = JSON.parse(readFileSync(new URL('../../fixtures/scoring/exact_match.json', import.meta.url), 'utf8'));

function stepOf(raw: RawStep): FilterStep {
  if (raw.function !== 'regex') return { function: raw.function };
  return { function: 'regex', regexPattern: raw.regex_pattern, groupSelect: raw.group_select ?? 0, fallback: raw.fallback ?? '[invalid]' };
}

describe('filters and exact match', () => {
  test('give what the harness gives', () => {
    const wrong: unknown[] = [];
    let matches = 0;
    for (const [filter, index, text, reference, filtered, score] of table.cases) {
      const options = table.options[index];
      const mine = applyFilter((table.filters[filter] ?? []).map(stepOf), text);
      const document = { outputType: 'generate_until', doc: {}, where: '', answer: mine, references: [reference] } as const;
      const equal = exactMatch.bind(options ?? {}).score(document);
      matches += Number(equal);
      if (mine !== filtered || equal !== score) wrong.push({ filter, options, text, reference, mine, equal, filtered, score });
    }
    expect(wrong).toEqual([]);
    expect(table.cases.length).toBeGreaterThan(1500);
    expect(matches).toBeGreaterThan(300);
  });

  test('a match that is not there by its number is the fallback', () => {
    expect(applyFilter([{ function: 'regex', regexPattern: '\\d', groupSelect: 2, fallback: '-' }], '1 2')).toBe('-');
  });
});
