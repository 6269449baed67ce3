import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNameOf, foldedName } from '../src/file-name.js';

describe('a name as a file name', () => {
  it.each([
    ['HiTZ/Latxa-Llama-3.1-8B-Instruct', 'HiTZ__Latxa-Llama-3.1-8B-Instruct'],
    ['qwen2.5:7b', 'qwen2.5_7b'],
    ['a.mdb', 'a.mdb'],
    ['ñandú-ŋ-Ġ', 'ñandú-ŋ-Ġ'],
    ['Latxa-eüskara', 'Latxa-eüskara'],
    ['..', '__'],
    ['.', '_'],
    ['', '_'],
    ['.journal', '_journal'],
    ['v0.3.', 'v0.3_'],
    ['model ', 'model_'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['Lpt1', '_Lpt1'],
    ['console', 'console'],
    ['C:\\models\\x', 'C___models__x'],
    ['../../etc', '_.__..__etc'],
  ])('%s -> %s', (name, expected) => {
    expect(fileNameOf(name)).toBe(expected.normalize('NFC'));
  });

  it('takes decomposed letters for composed ones', () => {
    expect(fileNameOf('ñandu\u0308')).toBe(fileNameOf('ñandü'));
  });

  it('cuts a long name and tells it from another long one by a digest', () => {
    const [a, b] = [`Org/${'x'.repeat(300)}`, `Org/${'x'.repeat(301)}`];
    expect(fileNameOf(a)).toMatch(/^Org__x{50,}-[0-9a-f]{12}$/);
    expect(fileNameOf(a)).not.toBe(fileNameOf(b));
    expect(Buffer.byteLength(fileNameOf('ü'.repeat(300)))).toBeLessThanOrEqual(120);
  });

  it('is a part of a path on every system, whatever the name, and is its own file name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string()), (name) => {
        const file = fileNameOf(name);
        expect(file).not.toMatch(/[/\\:*?"<>|\p{C}\s]|^\.|\.$|^$/u);
        expect(file).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
        expect(Buffer.byteLength(file)).toBeLessThanOrEqual(120);
        expect(fileNameOf(file)).toBe(file);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('has one key for what Windows and macOS take for one name, and another for everything else', () => {
    expect(foldedName('Model')).toBe(foldedName('model'));
    expect(foldedName('n\u0303andu')).toBe(foldedName('ÑANDU'));
    expect(foldedName('model-1')).not.toBe(foldedName('model-2'));
  });
});
