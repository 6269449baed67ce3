import fc from 'fast-check';
import { describe, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { plainEtag } from '../../src/hub/checksum.js';
import { listConversion, listRepository, parseParquetListing } from '../../src/hub/dataset-listing.js';
import { matchesGlob } from '../../src/hub/glob.js';
import { isInnerPath, isRepoName } from '../../src/hub/names.js';
import type { Repo } from '../../src/hub/repo.js';
import { parseModelName, shardsOf } from '../../src/hub/resolve-model.js';
import { hubSettings } from '../../src/hub/settings.js';

const numRuns = Number(process.env.EUS_EVAL_FUZZ_RUNS ?? 10_000);
const seed = Number(process.env.EUS_EVAL_FUZZ_SEED ?? 20_260_101);
const options = { numRuns, seed };
const timeout = 60_000 + numRuns * 20;
const hub = hubSettings(false, { HF_TOKEN: 'x', HF_ENDPOINT: 'https://hub.example' });
const repo: Repo = { hub, kind: 'dataset', name: 'HiTZ/x' };

/** Calls `parse`; it may throw a UserError of one line, and nothing else. */
function survives<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UserError) || error.message.includes('\n')) throw error;
    return null;
  }
}

/** Fails when a path could leave its folder. */
function checkInner(path: string): void {
  if (path.startsWith('/') || path.includes('\\') || path.includes('\u0000') || path.split('/').includes('..'))
    throw new Error(`leads out: ${path}`);
}

const word = fc.constantFrom(
  '..',
  '.',
  '/',
  '\\',
  'a',
  'test',
  'default',
  'partial-test',
  '%2e%2e',
  '%00',
  '%',
  ':',
  '\u0000',
  '-',
  '*',
  '**',
  '[',
  ']',
  '?',
  '!',
  '0000.parquet',
  '.jsonl',
  'train',
  '@',
  ' ',
  'ñ',
  '__proto__',
);
const name = fc.array(word, { maxLength: 8 }).map((parts) => parts.join(''));
const url = fc.oneof(
  name.map((text) => `https://hub.example/datasets/HiTZ/x/resolve/refs%2Fconvert%2Fparquet/${text}`),
  name.map((text) => `https://evil.example/${text}`),
  name,
);

describe(`${numRuns} hostile inputs each`, () => {
  it('parquet listings', { timeout }, () => {
    const listing = fc.oneof(
      { weight: 3, arbitrary: fc.dictionary(name, fc.dictionary(name, fc.array(url, { maxLength: 3 }), { maxKeys: 3 }), { maxKeys: 3 }) },
      { weight: 1, arbitrary: fc.jsonValue() },
    );
    const property = fc.property(listing, (value) => {
      for (const [config, splits] of survives(() => parseParquetListing(repo, value)) ?? []) {
        checkInner(config);
        for (const [split, files] of splits) {
          checkInner(split);
          for (const file of files) {
            checkInner(file.path);
            if (new URL(file.url ?? '').origin !== 'https://hub.example') throw new Error(`another host: ${file.url}`);
          }
        }
      }
    });
    fc.assert(property, options);
  });

  it('lists of files and data set cards', { timeout }, () => {
    const yaml = fc.array(
      fc.constantFrom(
        'configs:',
        '- config_name: a',
        '  data_files:',
        '  - split: test',
        '    path: "*.jsonl"',
        '  data_dir: ..',
        '---',
        '&a [*a]',
        '*a',
        '!!js/function',
        '  ',
        '{',
        '[',
        '"',
        '\u0000',
        '<<: *a',
        '- 1',
      ),
      { maxLength: 12 },
    );
    const property = fc.property(fc.array(name, { maxLength: 6 }), yaml, (paths, lines) => {
      const inner = paths.filter(isInnerPath);
      const readme = `---\n${lines.join('\n')}\n---\n`;
      for (const list of [
        () => listConversion(repo, inner),
        () => listRepository(repo, inner, readme),
        () => listRepository(repo, inner, null),
      ]) {
        for (const splits of survives(list)?.values() ?? [])
          for (const files of splits.values()) for (const { path } of files) checkInner(path);
      }
    });
    fc.assert(property, options);
  });

  it('patterns, against paths that they were made from', { timeout }, () => {
    const part = fc.stringMatching(/^[a-c]{1,6}$/);
    const property = fc.property(
      fc.array(part, { minLength: 1, maxLength: 5 }),
      fc.nat(4),
      fc.string({ maxLength: 40 }),
      (parts, at, junk) => {
        const path = parts.join('/');
        const starred = parts.map((text, i) => (i === at ? '*' : text)).join('/');
        if (
          !matchesGlob(starred, path) ||
          !matchesGlob('**', path) ||
          !matchesGlob(`${path[0]}*/**`.replace(/\/\*\*$/, parts.length > 1 ? '/**' : ''), path)
        )
          throw new Error(`${starred} should fit ${path}`);
        if (matchesGlob(`${path}x`, path)) throw new Error('fits too much');
        matchesGlob(junk, path);
      },
    );
    fc.assert(property, options);
    // Exponential in a naive matcher.
    matchesGlob('*a'.repeat(20), 'a'.repeat(900));
    matchesGlob('**/'.repeat(10), 'a/'.repeat(400));
  });

  it('names of models, shards and checksums', { timeout }, () => {
    const property = fc.property(
      fc.oneof(name, fc.string()),
      fc.oneof(fc.jsonValue(), fc.record({ weight_map: fc.dictionary(fc.string(), name) })),
      (text, index) => {
        const found = survives(() => parseModelName(text));
        if (found !== null) {
          checkInner(found.name);
          checkInner(found.revision);
        }
        if (isRepoName(text)) checkInner(text);
        for (const shard of survives(() => shardsOf(repo, index)) ?? []) checkInner(shard);
        const etag = plainEtag(text);
        if (etag !== null && (etag.includes('/') || etag.includes('..'))) throw new Error(`leads out: ${etag}`);
      },
    );
    fc.assert(property, options);
  });
});
