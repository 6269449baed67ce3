import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
});
