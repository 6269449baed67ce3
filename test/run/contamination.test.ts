import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openFake } from '../../src/backends/fake.js';
import { loadTasks } from '../../src/library/tasks.js';
import { orderedTexts, testContamination } from '../../src/run/contamination.js';
import { openJournal } from '../../src/run/journal.js';
import { uniqueLeaves } from '../../src/task-tree.js';
import type { Answer, Ask, Backend, DataSource, Doc } from '../../src/types.js';

const [task] = uniqueLeaves(await loadTasks({ tasks: 'eus_trivia' }));
if (task === undefined) throw new Error('eus_trivia is missing');

const settings = { shards: 20, shuffles: 9, seed: 1, limit: null };
const documents = (n: number, more: (i: number) => Doc = () => ({})): DataSource => ({
  description: 'made up',
  split: async function* () {
    for (let i = 0; i < n; i++) yield { question: `Zer da ${i}?`, candidates: [`a${i}`, `b${i}`], answer: i % 2, ...more(i) };
  },
});

/** A backend whose log-probabilities are those of the fake one, and `memory` nats more for each document behind the one it was published behind. */
function remembering(memory: number, fails = false): Backend & { asked: number } {
  const fake = openFake('3');
  const backend = {
    ...fake,
    asked: 0,
    ask: async function* (requests: AsyncIterable<Ask>): AsyncIterable<Answer> {
      for await (const { id, request } of requests) {
        backend.asked += 1;
        const text = typeof request.context === 'string' ? request.context : '';
        const order = [...text.matchAll(/Zer da (\d+)\?/g)].map((match) => Number(match[1]));
        const known = order.filter((index, i) => i > 0 && index === (order[i - 1] ?? -2) + 1).length;
        // Noise of some nats that depends on the text alone.
        const noise = [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7) / 1000;
        if (fails && backend.asked === 5) yield { id, response: { kind: 'failure', reason: 'http', message: 'away' } };
        else yield { id, response: { kind: 'rolling', logprob: -600 + noise + memory * known, tokens: text.length } };
      }
    },
  };
  return backend;
}

const signal = new AbortController().signal;
const folder = mkdtempSync(path.join(tmpdir(), 'contamination-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('contamination', () => {
  it('asks for the documents with their right answers, in their published order first', async () => {
    const { shards, documents: n, sharing } = await orderedTexts(task, documents(120), settings);
    expect([n, sharing, shards.length]).toEqual([120, 0, 20]);
    expect(shards[0]?.[0]?.split('\n\n').slice(0, 2)).toEqual([
      'Galdera: Zer da 0?\nA: a0\nB: b0\nErantzuna: A',
      'Galdera: Zer da 1?\nA: a1\nB: b1\nErantzuna: B',
    ]);
    for (const shard of shards) for (const text of shard) expect([...text].sort()).toEqual([...(shard[0] ?? '')].sort());
  });

  it('finds a model that remembers the published order, and not one that does not', async () => {
    const texts = [await orderedTexts(task, documents(120), settings)];
    const [guilty] = await testContamination(remembering(4), texts, null, signal);
    const [innocent] = await testContamination(remembering(0), texts, null, signal);
    expect(guilty?.test?.p).toBeLessThan(1e-4);
    expect(guilty?.p_holm).toBe(guilty?.test?.p);
    expect(guilty?.test?.exactP).toBe(0.1);
    expect(innocent?.test?.p).toBeGreaterThan(0.05);
  });

  it('has no p-value where it would mean nothing', async () => {
    const why = async (source: DataSource, backend: Backend = remembering(0)) => {
      const [found] = await testContamination(backend, [await orderedTexts(task, source, settings)], null, signal);
      expect([found?.test, found?.p_holm]).toEqual([null, null]);
      return found?.why;
    };
    expect(await why(documents(19))).toMatch(/19 documents are too few/);
    const passage = (i: number): Doc => ({ context: `Pasarte luze bat, ${Math.floor(i / 3)}. zenbakia, berrogei letra baino gehiagokoa.` });
    expect(await why(documents(120, passage))).toMatch(/67 % of neighbouring documents share a text/);
    expect(await why(documents(120), remembering(0, true))).toMatch(/1 of 200 requests failed/);
  });

  it('goes on where it was', async () => {
    const texts = [await orderedTexts(task, documents(120), settings)];
    const runs = [];
    for (const backend of [remembering(1, true), remembering(1)]) {
      const journal = openJournal(folder, backend.identity);
      runs.push([await testContamination(backend, texts, journal, signal), backend.asked]);
      await journal.close();
    }
    expect(runs.map(([, asked]) => asked)).toEqual([200, 1]);
  });

  it('refuses a model without log-probabilities of whole texts', async () => {
    const backend = { ...remembering(0), kinds: new Set(['choices', 'generate'] as const) };
    await expect(testContamination(backend, [], null, signal)).rejects.toThrow(/no log-probabilities of whole texts/);
  });
});
