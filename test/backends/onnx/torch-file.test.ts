import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import '../../../src/backends/onnx/no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { newGraph } from '../../../src/backends/onnx/graph-builder.js';
import { readTorchHeader } from '../../../src/backends/onnx/torch/torch-file.js';
import { readWeights } from '../../../src/backends/onnx/weight-files.js';
import { UserError } from '../../../src/errors.js';
import { packagePath } from '../../../src/package-files.js';
import type { Ask } from '../../../src/types.js';
import { askAll, openModel } from './compare.js';

/** Written by test/fixtures/torch/make_torch_files.py with torch.save. */
const fixtures = packagePath('test/fixtures/torch');
const expected: {
  views: Record<string, { shape: number[]; values: number[] }>;
  texts: [string, string[]][];
  scores: number[][];
} = JSON.parse(readFileSync(path.join(fixtures, 'expected.json'), 'utf8'));
const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'eus-eval-torch-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let serial = 0;

/** The line with which reading these bytes ends, or null where tensors come of it, all inside of the file. */
async function lineOf(bytes: Uint8Array): Promise<string | null> {
  const file = path.join(scratch, `f${serial++}.bin`);
  writeFileSync(file, bytes);
  try {
    const { tensors, size } = await readTorchHeader(file);
    for (const place of tensors.values()) {
      expect(place.offset).toBeGreaterThanOrEqual(0);
      expect(place.offset + place.length).toBeLessThanOrEqual(size);
    }
    return null;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).not.toContain('\n');
    return error.message;
  } finally {
    rmSync(file);
  }
}

const read = (name: string): Buffer => readFileSync(path.join(fixtures, name));

describe('a file of PyTorch', () => {
  it('has the numbers of every view that torch saved', async () => {
    const folder = mkdtempSync(path.join(scratch, 'm'));
    cpSync(path.join(fixtures, 'views.bin'), path.join(folder, 'pytorch_model.bin'));
    const weights = await readWeights(folder);
    const g = newGraph(weights, 'float32', folder);
    const names = Object.keys(expected.views);
    for (const name of names) {
      g.nodeTo([`out:${name}`], 'Identity', [g.weight(name, expected.views[name]?.shape ?? [])]);
      g.output(`out:${name}`, 'float32', null);
    }
    const extra = { session: { model_external_initializers_file_folder_path: weights.root } };
    const session = await ort.InferenceSession.create(g.build(), { logSeverityLevel: 4, extra });
    const out = await session.run({});
    await session.release();
    expect(weights.tensors.size).toBe(names.length);
    for (const name of names) expect([...Object(out[`out:${name}`]?.data)], name).toEqual(expected.views[name]?.values.map(Math.fround));
  });

  it('may hold other things beside its tensors', async () => {
    const { tensors } = await readTorchHeader(path.join(fixtures, 'mixed.bin'));
    expect([...tensors.keys()]).toEqual(['a']);
  });

  it('in shards scores as transformers does', async () => {
    const folder = mkdtempSync(path.join(scratch, 'm'));
    cpSync(path.join(fixtures, 'model'), folder, { recursive: true });
    const base = packagePath('fixtures/models/tiny-llama');
    for (const name of readdirSync(base)) if (name.startsWith('tokenizer')) cpSync(path.join(base, name), path.join(folder, name));
    const asks: Ask[] = expected.texts.map(([context, continuations], id) => ({
      id,
      request: { kind: 'choices', context, continuations },
    }));
    for (const attention of ['cached', 'packed', 'stacked'] as const) {
      const backend = await openModel(folder, { attention, dtype: 'float32' });
      try {
        expect(backend.facts).toMatchObject({ source: 'PyTorch' });
        const answers = await askAll(backend, asks);
        asks.forEach(({ id }) => {
          const response = answers.get(id);
          const sums = response?.kind === 'choices' ? [...response.logprobs] : [];
          expect(sums.length).toBe(expected.scores[id]?.length);
          for (const [i, sum] of sums.entries()) expect(Math.abs(sum - (expected.scores[id]?.[i] ?? Number.NaN))).toBeLessThan(1e-4);
        });
      } finally {
        await backend.close();
      }
    }
  });

  it('is not looked at where there are safetensors', async () => {
    const folder = mkdtempSync(path.join(scratch, 'm'));
    cpSync(packagePath('fixtures/models/tiny-llama/model.safetensors'), path.join(folder, 'model.safetensors'));
    writeFileSync(path.join(folder, 'pytorch_model.bin'), 'no');
    expect(Object.keys((await readWeights(folder)).digests)).toEqual(['model.safetensors']);
  });
});

describe('what is no state dict is refused in one line, and never run', () => {
  const cases: [string, RegExp][] = [
    ['expanded', /tensor a: \[3, 4\] .*is no whole piece of memory|reach beyond its storage/],
    ['columns', /tensor a: \[4, 2\] with strides \[6, 1\] is no whole piece of memory; save the model with save_pretrained/],
    ['old', /is of PyTorch before 1\.6, which is not read; write it anew in Python/],
    ['bare', /holds no dictionary of tensors/],
    ['nested', /holds no tensors by name/],
    ['module', /asks for "torch\.nn\.modules\.linear\.Linear", which no tensor needs; refused, and nothing of it was run/],
    ['sparse', /asks for "torch\._utils\._rebuild_sparse_tensor"/],
    ['evil', /asks for "posix\.system", which no tensor needs/],
    ['script', /TorchScript/],
  ];
  it.each(cases)('%s', async (name, line) => {
    expect(await lineOf(read(`refused-${name}.bin`))).toMatch(line);
    expect(existsSync('/tmp/eus-eval-was-run')).toBe(false);
  });

  it('cut anywhere', async () => {
    const whole = read('views.bin');
    for (let length = 0; length < whole.length; length += 61) expect(await lineOf(whole.subarray(0, length))).not.toBeNull();
  });

  it('with any byte changed: one line, or tensors inside of the file', async () => {
    const whole = read('views.bin');
    let lines = 0;
    for (let at = 0; at < whole.length; at += 7) {
      const other = Buffer.from(whole);
      other[at] = (other[at] ?? 0) ^ (1 << (at % 8));
      if ((await lineOf(other)) !== null) lines++;
    }
    expect(lines).toBeGreaterThan(20);
  });
});

/** A zip archive of these entries, uncompressed; `tell` changes what its directory says. */
function zip(
  entries: Readonly<Record<string, Uint8Array>>,
  tell: { method?: number; count?: number; size?: number; offset?: number } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(entries)) {
    const label = Buffer.from(name);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(label.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(tell.method ?? 0, 10);
    entry.writeUInt32LE(tell.size ?? bytes.length, 20);
    entry.writeUInt32LE(tell.size ?? bytes.length, 24);
    entry.writeUInt16LE(label.length, 28);
    entry.writeUInt32LE(tell.offset ?? at, 42);
    directory.push(entry, label);
    parts.push(head, label, Buffer.from(bytes));
    at += 30 + label.length + bytes.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(tell.count ?? Object.keys(entries).length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, list, end]);
}

/** Opcodes: texts as they are, numbers as bytes. */
const pickle = (...ops: (string | number)[]): Buffer =>
  Buffer.concat(ops.map((op) => (typeof op === 'string' ? Buffer.from(op, 'latin1') : Buffer.of(op))));
const word = (text: string): string => `\x8c${String.fromCharCode(text.length)}${text}`;
/** A float32 tensor of storage "0", which says that it has `count` numbers: its offset, sizes and strides as opcodes. */
const tensor = (count: string, offset: string, sizes: string, strides: string): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n((${word('storage')}ctorch\nFloatStorage\n${word('0')}${word('cpu')}${count}tQ${offset}(${sizes}t(${strides}t\x89}tR`;
const dict = (value: string): Buffer => pickle('\x80\x02}', word('a'), value, 's.');
const data = new Uint8Array(16);

describe('a hostile file', () => {
  const cases: [string, Buffer, RegExp | null][] = [
    ['that is none', zip({ 'm/data.pkl': dict(tensor('K\x04', 'K\x00', 'K\x04', 'K\x01')), 'm/data/0': data }), null],
    [
      'a storage larger than its bytes',
      zip({ 'm/data.pkl': dict(tensor('J\xff\xff\xff\x7f', 'K\x00', 'K\x04', 'K\x01')), 'm/data/0': data }),
      /a storage of 2147483647 numbers of F32 in 16 bytes/,
    ],
    [
      'an offset beyond the storage',
      zip({ 'm/data.pkl': dict(tensor('K\x04', 'K\x03', 'K\x04', 'K\x01')), 'm/data/0': data }),
      /from number 3 reach beyond its storage of 4/,
    ],
    [
      'a negative offset',
      zip({ 'm/data.pkl': dict(tensor('K\x04', 'J\xfc\xff\xff\xff', 'K\x04', 'K\x01')), 'm/data/0': data }),
      /data\.pkl is damaged/,
    ],
    [
      'a negative size',
      zip({ 'm/data.pkl': dict(tensor('K\x04', 'K\x00', 'J\xff\xff\xff\xffJ\xfc\xff\xff\xff', 'K\x01K\x01')), 'm/data/0': data }),
      /damaged/,
    ],
    [
      'sizes whose product is beyond all numbers',
      zip({ 'm/data.pkl': dict(tensor('K\x04', 'K\x00', 'J\xff\xff\xff\x7f'.repeat(40), 'K\x00'.repeat(40))), 'm/data/0': data }),
      /reach beyond its storage/,
    ],
    [
      'strides that go nowhere',
      zip({ 'm/data.pkl': dict(tensor('K\x04', 'K\x00', 'K\x02K\x02', 'K\x00K\x00')), 'm/data/0': data }),
      /no whole piece of memory/,
    ],
    ['a storage that is missing', zip({ 'm/data.pkl': dict(tensor('K\x04', 'K\x00', 'K\x04', 'K\x01')) }), /its storage "0" is missing/],
    ['compressed entries', zip({ 'm/data.pkl': dict(''), 'm/data/0': data }, { method: 8 }), /is compressed, which a state dict never is/],
    ['more entries than there are', zip({ 'm/data.pkl': dict('') }, { count: 65_534 }), /a directory of 65534 entries in \d+ bytes/],
    ['an entry larger than the file', zip({ 'm/data.pkl': dict('') }, { size: 0xfffffff0 }), /ends at byte \d+, file has \d+ bytes/],
    ['an entry that begins behind the file', zip({ 'm/data.pkl': dict('') }, { offset: 0xfffffff0 }), /truncated/],
    ['a name of four gigabytes', zip({ 'm/data.pkl': pickle('\x80\x02}X\xff\xff\xff\xff') }), /data\.pkl is damaged/],
    [
      'a number of 255 bytes',
      zip({ 'm/data.pkl': pickle('\x80\x02}', word('a'), '\x8a\xff', '\x7f'.repeat(255), 's.') }),
      /holds no tensors by name/,
    ],
    ['nothing on the stack', zip({ 'm/data.pkl': pickle('\x80\x02R.') }), /damaged/],
    ['a mark that was never set', zip({ 'm/data.pkl': pickle('\x80\x02}u.') }), /damaged/],
    ['a value that was never kept', zip({ 'm/data.pkl': pickle('\x80\x02j\xff\xff\xff\xff.') }), /damaged/],
    [
      'tuples of tuples of tuples',
      zip({ 'm/data.pkl': pickle('\x80\x02)', ...Array.from({ length: 4000 }, () => 'q\x00h\x00\x86'), '.') }),
      /holds no dictionary/,
    ],
    ['a list that holds itself', zip({ 'm/data.pkl': pickle('\x80\x02}', word('a'), ']q\x00h\x00as.') }), /holds no tensors by name/],
    [
      'a call of a name of its own',
      zip({ 'm/data.pkl': pickle('\x80\x02cbuiltins\neval\n(', word('1'), 'tR.') }),
      /asks for "builtins\.eval"/,
    ],
    ['a name from the stack', zip({ 'm/data.pkl': pickle('\x80\x04', word('os'), word('system'), '\x93.') }), /asks for "os\.system"/],
    ['a member of what is allowed', zip({ 'm/data.pkl': pickle('\x80\x02ctorch\nload\n.') }), /asks for "torch\.load"/],
    ['a prototype', zip({ 'm/data.pkl': pickle('\x80\x02ctorch\nconstructor\n.') }), /asks for "torch\.constructor"/],
    ['an object with a state', zip({ 'm/data.pkl': pickle('\x80\x02ctorch\nFloatStorage\n}b.') }), /damaged/],
    ['another opcode', zip({ 'm/data.pkl': pickle('\x80\x02(I1\n.') }), /has the opcode 0x49/],
  ];
  it.each(cases)('%s', async (_, bytes, line) => {
    const found = await lineOf(bytes);
    if (line === null) expect(found).toBeNull();
    else expect(found).toMatch(line);
  });
});
