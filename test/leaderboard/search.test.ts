import { expect, it } from 'vitest';
import { isFound, searchText } from '../../src/leaderboard/client/models.js';

it.each([
  ['latxa 8b', true],
  ['LATXA-8B', true],
  ['ñandú', true],
  ['nandu', true],
  ['latxa 9b', false],
  ['★', true],
  ['★★ latxa', true],
  ['★★★★', false],
  ['☆', false],
  ['', true],
  ['  ', true],
])('a search for %j: %s', (search, found) => {
  expect(isFound(search, searchText(['HiTZ/Latxa-Llama-3.1-8B', '★★★', 'Ñandú', null]))).toBe(found);
});
