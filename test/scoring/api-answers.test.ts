import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openFolder } from '../../src/data/folder.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { scoreDocument } from '../../src/scoring/score.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { PreparedDoc } from '../../src/types.js';
import { SHARED, shared } from '../shared.js';

interface RecordedAnswer {
  id: number;
  answer: number;
  content: string;
  correct: boolean;
}

describe.skipIf(SHARED === null)('recorded answers of GPT models on eus_trivia', () => {
  test("get the authors' flags", async () => {
    const task = (await loadRegistry()).entries.get('eus_trivia');
    if (task === undefined || 'children' in task) throw new Error('eus_trivia is no task');
    const docs: PreparedDoc[] = [];
    for await (const doc of prepareDocs(task, await openFolder(shared('data/datasets')), { family: 'api', renderChat: null }))
      docs.push(doc);
    const found: Record<string, { right: number; unparsable: string[]; differing: string[] }> = {};
    for (const name of readdirSync(shared('data/api-answers/eus_trivia'))) {
      const model = name.replace('.jsonl', '');
      const lines = readFileSync(shared(`data/api-answers/eus_trivia/${name}`), 'utf8')
        .trim()
        .split('\n');
      expect(lines).toHaveLength(docs.length);
      const one = { right: 0, unparsable: [] as string[], differing: [] as string[] };
      found[model] = one;
      for (const line of lines) {
        const recorded: RecordedAnswer = JSON.parse(line);
        const doc = docs[recorded.id];
        if (doc === undefined) throw new Error(`no document ${recorded.id}`);
        expect(doc.target).toBe('ABCD'[recorded.answer]);
        const [scored] = scoreDocument(doc, { kind: 'generate', text: recorded.content, finish: 'stop' });
        if (scored?.metrics.exact_match === 1) one.right++;
        if (scored?.unparsable) one.unparsable.push(`${recorded.id}: ${recorded.content}`);
        if ((scored?.metrics.exact_match === 1) !== recorded.correct) one.differing.push(`${recorded.id}: ${recorded.content}`);
      }
    }
    const flags = (model: string) =>
      readFileSync(shared(`data/api-answers/eus_trivia/${model}.jsonl`), 'utf8').split('"correct": true').length - 1;
    for (const [model, one] of Object.entries(found)) expect(one.right).toBe(flags(model));
    expect(found).toEqual({
      'gpt-3.5-turbo-0125': { right: 801, unparsable: [], differing: [] },
      'gpt-4-0125-preview': {
        right: 1254,
        unparsable: [expect.stringContaining('Sorry, I can only provide answers in the format of A, B, C, or D.')],
        differing: [],
      },
      // Both documents have three candidates: there is no D.
      'gpt-4-0613': { right: 1170, unparsable: ['163: D', '1063: D'], differing: [] },
    });
  });
});
