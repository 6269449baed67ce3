import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { parseYaml } from '../../src/tasks/parse-yaml.js';
import { readTrees, treeOf, treesToStore } from '../../src/tasks/parsed-trees.js';

const folder = packagePath('tasks');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => path.join(folder, name));

describe('task files that were parsed when the package was built', () => {
  it('are what parsing gives, nearly all of them stored', async () => {
    const trees = await readTrees(pathToFileURL(packagePath('dist/tasks/parsed-trees.json')));
    expect(trees.size).toBeGreaterThan(files.length * 0.8);
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      expect(await treeOf(trees, file, text), file).toStrictEqual(parseYaml(file, text));
    }
  });

  it('are taken by their text alone: a changed one is parsed, and nobody can change what is stored', async () => {
    const text = 'task: a\nmetric_list: [acc]\n';
    const [key = ''] = Object.keys(await treesToStore(new Map([['a.yaml', text]])));
    const trees = new Map([[key, { task: 'stored', list: ['x'] }]]);
    const first = await treeOf(trees, 'a.yaml', text);
    expect(first).toEqual({ task: 'stored', list: ['x'] });
    expect(first.list).not.toBe(trees.get(key)?.list);
    expect(await treeOf(trees, 'a.yaml', `${text}tag: b\n`)).toEqual({ task: 'a', metric_list: ['acc'], tag: 'b' });
  });

  it('hold nothing that JSON would change, and may be missing', async () => {
    const texts = ['f: !function utils.f\n', 'samples: [{x: 1.0}]\n', 'x: .inf\n', 'x: .nan\n'];
    expect(await treesToStore(new Map(texts.map((text, i) => [`${i}.yaml`, text])))).toEqual({});
    expect((await readTrees(pathToFileURL(packagePath('dist/no-such-file.json')))).size).toBe(0);
  });
});
