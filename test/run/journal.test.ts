import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/run/journal.js';
import type { ChoicesRequest, ChoicesResponse, GenerateRequest } from '../../src/types.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const request: ChoicesRequest = { kind: 'choices', context: 'Galdera: zenbat?', continuations: [' A', ' B'] };
const response: ChoicesResponse = {
  kind: 'choices',
  logprobs: [-1.25, -0.1234567890123],
  greedy: [false, true],
  notes: { truncatedTokens: 3 },
};
const model = { backend: 'onnx', files: 'abc', dtype: 'float32' };

describe('journal', () => {
  it('gives back exactly what was stored, also after it was closed', async () => {
    const first = openJournal(folder, model);
    expect(first.get(request)).toBeNull();
    await first.put(request, response);
    expect(first.get(request)).toEqual(response);
    await first.close();
    const second = openJournal(folder, model);
    expect(second.get(request)).toEqual(response);
    await second.close();
  });

  it('never shows an answer to another model, dtype, prompt, continuation or generation setting', async () => {
    const journal = openJournal(folder, model);
    await journal.put(request, response);
    expect(journal.get({ ...request, context: `${request.context} ` })).toBeNull();
    expect(journal.get({ ...request, continuations: [' A', 'B '] })).toBeNull();
    expect(journal.get({ ...request, continuations: [' A', ' B', ' C'] })).toBeNull();
    const generate: GenerateRequest = { kind: 'generate', context: 'x', until: ['\n'], maxNewTokens: 8 };
    await journal.put(generate, { kind: 'generate', text: 'bai', finish: 'stop' });
    expect(journal.get(generate)).toMatchObject({ text: 'bai' });
    expect(journal.get({ ...generate, until: ['\n', '.'] })).toBeNull();
    expect(journal.get({ ...generate, maxNewTokens: 9 })).toBeNull();
    expect(journal.get({ ...generate, maxNewTokens: null })).toBeNull();
    const drawn = { ...generate, sampling: { temperature: 0.8, topP: null, topK: null, seed: 1 } };
    expect(journal.get(drawn)).toBeNull();
    await journal.put(drawn, { kind: 'generate', text: 'ez', finish: 'stop' });
    expect(journal.get({ ...drawn, sampling: { ...drawn.sampling, seed: 2 } })).toBeNull();
    expect([journal.get(drawn), journal.get(generate)]).toMatchObject([{ text: 'ez' }, { text: 'bai' }]);
    await journal.close();
    for (const other of [
      { ...model, dtype: 'bfloat16' },
      { ...model, files: 'abd' },
      { ...model, template: 'x' },
    ]) {
      const stranger = openJournal(folder, other);
      expect(stranger.get(request)).toBeNull();
      await stranger.close();
    }
  });

  it('clears one model and leaves the others', async () => {
    const [mine, other] = [openJournal(folder, model), openJournal(path.join(folder, 'same'), model)];
    await mine.put(request, response);
    await mine.clear();
    expect(mine.get(request)).toBeNull();
    await other.put(request, response);
    expect(other.get(request)).toEqual(response);
    await mine.close();
    await other.close();
  });

  it('says in one line where it cannot write', () => {
    const file = path.join(folder, 'a-file');
    writeFileSync(file, '');
    expect(() => openJournal(path.join(file, 'journal'), model)).toThrow(/cannot be written.*--out/);
  });

  it('keeps -0, which a certain continuation has', async () => {
    const journal = openJournal(folder, model);
    await journal.put(request, { ...response, logprobs: [-0, -3] });
    expect(journal.get(request)).toEqual({ ...response, logprobs: [-0, -3] });
    await journal.close();
  });

  it('shows the answers of processes that ran at the same time', async () => {
    const both = [openJournal(folder, model), openJournal(folder, model)];
    const asked = [0, 1, 2, 3].map((i): ChoicesRequest => ({ ...request, context: `${i}` }));
    for (const [i, one] of asked.entries()) await both[i % 2]?.put(one, response);
    for (const one of both) await one.close();
    const later = openJournal(folder, model);
    expect(asked.map((one) => later.get(one))).toEqual(asked.map(() => response));
    await later.close();
  });

  it('never gives back what a disk has damaged, and keeps the rest', async () => {
    const asked = Array.from({ length: 200 }, (_, i): ChoicesRequest => ({ ...request, context: `document ${i}` }));
    const answer = (i: number): ChoicesResponse => ({ ...response, logprobs: [-i, -1] });
    const journal = openJournal(folder, model);
    await Promise.all(asked.map((one, i) => journal.put(one, answer(i))));
    await journal.close();
    const file = path.join(folder, readdirSync(folder)[0] ?? '');
    const whole = readFileSync(file);
    let state = 7;
    const random = (below: number): number => {
      state = (state * 1664525 + 1013904223) % 2 ** 32;
      return Math.floor((state / 2 ** 32) * below);
    };
    const damages: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.fill(Buffer.from('a text\n'), 0, 4096),
      (bytes) => Buffer.from(bytes.map((byte, i) => (i >= 4096 && i < 8192 ? random(256) : byte))),
      (bytes) => bytes.fill(0, bytes.length - 5000),
      (bytes) => bytes.subarray(0, 10_001),
      () => Buffer.from('this is no journal'),
      () => Buffer.alloc(0),
    ];
    for (const damage of damages) {
      const bytes = damage(Buffer.from(whole));
      writeFileSync(file, bytes);
      const found = openJournal(folder, model);
      const kept = asked.filter((one, i) => {
        const stored = found.get(one);
        if (stored !== null) expect(stored).toEqual(answer(i));
        return stored !== null;
      });
      // A record has about 150 bytes: what lies outside of the damage is all there.
      if (bytes.length === whole.length) expect(kept.length).toBeGreaterThan(200 * (1 - 5600 / whole.length));
      await found.close();
    }
    truncateSync(file, 0);
  });
});
