import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULT_OPEN_OPTIONS, openBackend } from '../src/backends/open.js';
import { readFiles } from '../src/data/read-file.js';
import { UserError } from '../src/errors.js';
import { packagePath } from '../src/package-files.js';

const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'eus-eval-placeholder-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What stands in a file's place: its text (from the tools' own formats) and what the message must say. */
const STAND_INS: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
  'Git LFS pointer': [
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1234567\n`,
    /is a Git LFS pointer, not the file itself \(1234567 bytes\); run "git lfs pull" in its folder/,
  ],
  'Xet pointer': [`# xet version 0\nfilesize = 1234567\nhash = '${'a'.repeat(64)}'\n`, /is a Xet pointer.*git lfs pull/],
  'web page': ['\n<!DOCTYPE html>\n<html class=""><head><title>Log in</title></head></html>', /is an HTML page.*fetch \S+ again/],
  'page without a doctype': ['<html>\r\n<head><title>502 Bad Gateway</title></head></html>', /is an HTML page/],
  'error of a store': [
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
    /is the error message of a file store/,
  ],
};

async function refusal(work: () => Promise<unknown>): Promise<string> {
  const error: unknown = await work().then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof Error ? error.message : '';
}

let serial = 0;
function modelWith(file: string, content: string | Buffer): string {
  const folder = path.join(scratch, `m${serial++}`);
  cpSync(packagePath('fixtures/models/tiny-llama'), folder, { recursive: true });
  if (file.endsWith('.index.json')) rmSync(path.join(folder, 'model.safetensors'));
  writeFileSync(path.join(folder, file), content);
  return folder;
}
const open = (folder: string) => () => openBackend(folder, { ...DEFAULT_OPEN_OPTIONS, device: 'cpu', threads: 1 });

const MODEL_FILES = [
  ...['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'chat_template.jinja'],
  ...['model.safetensors', 'model.safetensors.index.json', 'adapter_config.json'],
];

describe('a file that stands in for another is named, with the way to the file itself', () => {
  it.each(MODEL_FILES.flatMap((file) => Object.entries(STAND_INS).map(([kind, it]) => [file, kind, ...it] as const)))(
    '%s: %s',
    async (file, _, text, message) => {
      const said = await refusal(open(modelWith(file, text)));
      expect(said).toMatch(message);
      expect(said).toContain(`/${file}: `);
    },
  );

  it.each(['jsonl', 'csv', 'tsv', 'parquet'] as const)('a data file: %s', async (format) => {
    for (const [text, message] of Object.values(STAND_INS)) {
      const file = path.join(scratch, `test.${format}`);
      writeFileSync(file, text);
      const read = async (): Promise<void> => {
        for await (const _ of readFiles([{ path: file, format }]));
      };
      expect(await refusal(read)).toMatch(message);
    }
  });

  it.each(['config.json', 'tokenizer.json', 'generation_config.json'])('%s that is empty or cut short', async (file) => {
    const whole = readFileSync(path.join(packagePath('fixtures/models/tiny-llama'), file), 'utf8');
    expect(await refusal(open(modelWith(file, '')))).toMatch(/is empty|cut short/);
    for (const part of [0.3, 0.6, 0.95])
      expect(await refusal(open(modelWith(file, whole.slice(0, Math.floor(whole.length * part)))))).toMatch(/is cut short: fetch it again/);
  });
});

describe('tensors fill their file, as the format demands', () => {
  const file = path.join(scratch, 'odd.safetensors');
  const bytes = Buffer.alloc(32);
  const header = (entries: Record<string, [number, number]>, tail = 0): void => {
    const text = Buffer.from(
      JSON.stringify(
        Object.fromEntries(Object.entries(entries).map(([n, offsets]) => [n, { dtype: 'F32', shape: [4], data_offsets: offsets }])),
      ),
    );
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(file, Buffer.concat([size, text, bytes, Buffer.alloc(tail)]));
  };
  it.each<[string, Record<string, [number, number]>, number, RegExp | null]>([
    ['side by side', { a: [0, 16], b: [16, 32] }, 0, null],
    ['in another order', { a: [16, 32], b: [0, 16] }, 0, null],
    ['one over the other', { a: [0, 16], b: [0, 16] }, 0, /tensor b begins at byte \d+, inside of tensor a/],
    ['half over the other', { a: [0, 16], b: [8, 24] }, 0, /tensor b begins at byte \d+, inside of tensor a/],
    ['a gap', { a: [16, 32] }, 0, /before tensor a belong to no tensor/],
    ['something behind', { a: [0, 16], b: [16, 32] }, 3, /3 bytes behind the last tensor belong to none/],
  ])('%s', async (_, entries, tail, message) => {
    const { readHeader } = await import('../src/backends/onnx/safetensors.js');
    header(entries, tail);
    if (message === null) expect([...(await readHeader(file)).tensors.keys()]).toEqual(['a', 'b']);
    else expect(await refusal(() => readHeader(file))).toMatch(message);
  });
});
