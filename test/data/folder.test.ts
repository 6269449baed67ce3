import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openData } from '../../src/data/open.js';
import { PyFloat } from '../../src/python/float.js';
import { dumpsJson } from '../../src/python/json.js';
import { collect, failure, tempFolder } from './temp.js';

const dir = tempFolder({
  'HiTZ/EusTrivia/default/test.jsonl': '{"id": 1, "b": [1.0, null, {"z": 1, "a": 2}], "a": "ñ"}\r\n{"id": 2}\n\n',
  'HiTZ/EusTrivia/default/bom.jsonl': '\ufeff{"x": 1}\n',
  'HiTZ/EusTrivia/default/odd.jsonl': '{"2": 12345678901234567890, "1": 0.1, "__proto__": -0.0, "n": NaN}',
  'HiTZ/EusTrivia/default/broken.jsonl': '{"x": 1}\n{"x": 2}\n{"x": \n{"x": 4}\n',
  'HiTZ/EusTrivia/default/list.jsonl': '{"x": 1}\n[1, 2]\n',
  'HiTZ/EusTrivia/default/latin.jsonl': Buffer.concat([Buffer.from('{"x": 1}\n{"x": "a'), Buffer.from([0xf1]), Buffer.from('"}\n')]),
  'HiTZ/EusTrivia/default/empty.jsonl': '',
  'HiTZ/EusTrivia/default/twice.jsonl': '{}\n',
  'HiTZ/EusTrivia/default/twice.csv': 'a\n1\n',
  'HiTZ/EusTrivia/default/part-00000-of-00002.jsonl': '{"i": 0}\n',
  'HiTZ/EusTrivia/default/part-00001-of-00002.jsonl': '{"i": 1}\n',
  'HiTZ/EusTrivia/default/gap-00000-of-00003.jsonl': '{"i": 0}\n',
  'HiTZ/EusTrivia/default/gap-00002-of-00003.jsonl': '{"i": 2}\n',
  'HiTZ/EusExams/eu_osakidetza/test.tsv': 'q\ta\nx y\t1\n',
  'piqa/default/train.jsonl': '{"goal": "g"}\n',
});

async function read(split: string, repo = 'HiTZ/EusTrivia', config = 'default') {
  const source = await openData({ dir, offline: true });
  return collect(source.split(repo, config, split));
}

describe('documents of a folder', () => {
  it('reads JSON lines with order, types, CRLF and blank lines', async () => {
    const docs = await read('test');
    expect(docs.map(dumpsJson)).toEqual(['{"id": 1, "b": [1.0, null, {"z": 1, "a": 2}], "a": "ñ"}', '{"id": 2, "b": null, "a": null}']);
    expect(docs[0]?.b).toEqual([new PyFloat(1), null, { z: 1, a: 2 }]);
  });

  it('drops a byte order mark', async () => expect(await read('bom')).toEqual([{ x: 1 }]));

  it('keeps integer-like keys and negative zero; an integer of more than 64 bits is a float, as in datasets', async () => {
    const [doc] = await read('odd');
    expect(doc === undefined ? '' : dumpsJson(doc)).toBe('{"2": 1.2345678901234567e+19, "1": 0.1, "__proto__": -0.0, "n": NaN}');
  });

  it('reads nothing from an empty file', async () => expect(await read('empty')).toEqual([]));

  it('joins shards in order', async () => expect(await read('part')).toEqual([{ i: 0 }, { i: 1 }]));

  it('reads a data set without an organisation', async () => expect(await read('train', 'piqa')).toEqual([{ goal: 'g' }]));

  it('reads TSV', async () => expect(await read('test', 'HiTZ/EusExams', 'eu_osakidetza')).toEqual([{ q: 'x y', a: 1 }]));

  it('keeps a long line whole across blocks', async () => {
    const text = 'ñ'.repeat(3_000_000);
    const folder = tempFolder({ 'a/b/c/s.jsonl': `{"x": "${text}"}\n{"x": "${text}"}` });
    const source = await openData({ dir: folder, offline: true });
    expect((await collect(source.split('a/b', 'c', 's'))).map((doc) => doc.x === text)).toEqual([true, true]);
  });
});

describe('clear errors of a folder', () => {
  const where = join(dir, 'HiTZ/EusTrivia/default');
  it.each([
    ['broken', `${where}/broken.jsonl, line 3: not valid JSON at character 7: `],
    ['list', `${where}/list.jsonl, line 2: expected a JSON object, found a list`],
    ['latin', `${where}/latin.jsonl, line 2: not valid UTF-8`],
    ['twice', `${where} holds split 'twice' more than once: twice.csv, twice.jsonl; keep one`],
    ['gap', `${where} holds 2 of 3 shards of split 'gap'; shard 1 is missing`],
    ['tests', `no split 'tests' in ${where}`],
    ['../test', "split '../test' is not valid"],
  ])('split %s', async (split, start) => {
    expect(await failure(read(split))).toContain(start);
  });

  it('lists splits, configurations and data sets with the nearest name', async () => {
    expect(await failure(read('tes'))).toMatch(/it holds bom, broken, empty, gap, .*Did you mean test\?$/);
    expect(await failure(read('test', 'HiTZ/EusExams', 'eu_osakidetz'))).toMatch(/it holds eu_osakidetza\. Did you mean eu_osakidetza\?$/);
    expect(await failure(read('test', 'HiTZ/EusTrivias'))).toMatch(
      /no data set 'HiTZ\/EusTrivias' in .*; it holds HiTZ\/EusExams, HiTZ\/EusTrivia, piqa\. Did you mean HiTZ\/EusTrivia\?$/,
    );
  });

  it('yields no row of a file with a broken line: the types are those of all rows', async () => {
    const source = await openData({ dir, offline: true });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const doc of source.split('HiTZ/EusTrivia', 'default', 'broken')) seen.push(doc);
    })();
    expect(await failure(reading)).toContain('line 3');
    expect(seen).toEqual([]);
  });

  it('refuses names that leave the folder', async () => {
    for (const repo of ['../x', 'a/../b', '/etc', 'a//b', 'a/b/c', '..', '', 'a\\b', 'a/.hidden']) {
      expect(await failure(read('test', repo))).toContain('data set');
    }
    for (const config of ['..', '.', 'a/b', 'a\\b', '', 'a\u0000b', 'C:x']) {
      expect(await failure(read('test', 'HiTZ/EusTrivia', config))).toContain('configuration');
    }
  });

  it('says when the folder does not exist', async () => {
    expect(await failure(openData({ dir: join(dir, 'nowhere'), offline: true }))).toContain('does not exist');
  });
});
