import { describe, expect, it } from 'vitest';
import { rememberSplits } from '../../src/data/remember.js';
import { countDocuments, prepareDocs } from '../../src/prompts/prepare.js';
import { parseJson } from '../../src/python/json.js';
import { leavesOf } from '../../src/task-tree.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { DataSource, Doc } from '../../src/types.js';

const trivia = (i: number): Doc =>
  parseJson(JSON.stringify({ id: i, question: `Galdera ${i}?`, candidates: ['a', 'b', 'c'], answer: i % 3 })) as Doc;

/** A source of the given rows that counts how often a split was read. */
function counted(rows: readonly Doc[]): DataSource & { readonly reads: Record<string, number> } {
  const reads: Record<string, number> = {};
  return {
    description: 'made up',
    reads,
    async *split(_path, _name, split) {
      reads[split] = (reads[split] ?? 0) + 1;
      yield* rows;
    },
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a source that remembers splits', () => {
  it('reads a split once for counting, for examples and for a shard of the documents', async () => {
    const entry = (await loadRegistry()).entries.get('eus_trivia');
    const [task] = entry === undefined ? [] : leavesOf(entry);
    if (task === undefined) throw new Error('no eus_trivia');
    const prompts = async (source: DataSource): Promise<unknown> => {
      expect(await countDocuments(task, source)).toBe(20);
      const prepared = await all(prepareDocs(task, source, { family: 'plain', renderChat: null, shard: { index: 1, count: 2 } }));
      return prepared.map(({ docId, context }) => [docId, context]);
    };
    const source = counted(Array.from({ length: 20 }, (_, i) => trivia(i)));
    const remembered = await prompts(rememberSplits(source));
    expect(source.reads).toEqual({ test: 1 });
    expect(await prompts(source)).toEqual(remembered);
    expect(source.reads.test).toBeGreaterThan(2);
  });

  it('forgets what was read only in part, what is large, and all but the last two', async () => {
    const source = counted([trivia(0), trivia(1)]);
    const remembering = rememberSplits(source);
    for await (const _ of remembering.split('d', 'c', 'a')) break;
    for (const split of ['a', 'a', 'b', 'a', 'c', 'a', 'b']) expect(await all(remembering.split('d', 'c', split))).toHaveLength(2);
    expect(source.reads).toEqual({ a: 2, b: 2, c: 1 });
    const large = counted([{ text: 'x'.repeat(33_000_000) }]);
    const both = rememberSplits(large);
    for (let i = 0; i < 2; i++) await all(both.split('d', 'c', 'a'));
    expect(large.reads).toEqual({ a: 2 });
  });
});
