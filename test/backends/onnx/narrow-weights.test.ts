import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readNarrowed, transposeWords } from '../../../src/backends/onnx/narrow-weights.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'eus-eval-narrow-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('matrices of 16 bits that are brought into another form', () => {
  it.each([
    [1, 7, 3],
    [7, 1, 2],
    [65, 130, 1000],
    [130, 65, 64],
    [200, 3, 601],
  ])('%d x %d numbers, %d at a time, are transposed', (rows, columns, most) => {
    const words = Uint16Array.from({ length: rows * columns }, (_, i) => (i * 2_654_435_761) >>> 16);
    const out = new Uint16Array(words.length);
    for (let at = 0; at < words.length; at += most) transposeWords(words.subarray(at, at + most), at, columns, out);
    const expected = Array.from({ length: words.length }, (_, i) => words[(i % rows) * columns + Math.floor(i / rows)]);
    expect([...out]).toEqual(expected);
  });

  it('bfloat16 becomes float16, from its place in a file', async () => {
    const file = path.join(scratch, 'tensor');
    // 1, 2, -3, 0.5, 2^-20, 6 in bfloat16, behind two bytes of something else.
    writeFileSync(file, Buffer.from(Uint16Array.of(0xffff, 0x3f80, 0x4000, 0xc040, 0x3f00, 0x3580, 0x40c0).buffer));
    const place = { location: 'tensor', file, offset: 2, length: 12 };
    expect([...(await readNarrowed({ ...place, exponent: null, columns: 3 }))]).toEqual([0x3f80, 0x3f00, 0x4000, 0x3580, 0xc040, 0x40c0]);
    const halves = [0x3c00, 0x4000, 0xc200, 0x3800, 0x0010, 0x4600];
    expect([...(await readNarrowed({ ...place, exponent: 0, columns: null }))]).toEqual(halves);
    expect([...(await readNarrowed({ ...place, exponent: 0, columns: 3 }))]).toEqual([0, 3, 1, 4, 2, 5].map((i) => halves[i]));
  });
});
