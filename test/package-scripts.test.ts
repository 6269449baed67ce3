import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { packagePath } from '../src/package-files.js';
import { readTable } from '../src/tables/read-table.js';
import { readTaskFile } from '../src/tasks/yaml-file.js';

it('the scripts of package.json need no Unix shell', () => {
  const { scripts }: { scripts: Readonly<Record<string, string>> } = JSON.parse(readFileSync(packagePath('package.json'), 'utf8'));
  for (const script of Object.values(scripts)) {
    for (const command of script.split(' && ')) {
      expect(command).toMatch(/^(?:node|npm|tsc|vitest|biome) /);
      // Quotes around single quotes only, no variables, pipes, files or patterns: cmd.exe has others.
      expect(command.replace(/"[^"]*"/g, '')).not.toMatch(/['$|<>;*`\\]/);
    }
  }
});

it('a pointer or a web page in place of a table or a task file is named', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'eus-eval-placeholders-'));
  try {
    const file = (name: string, text: string): string => {
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    };
    const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n';
    await expect(readTable(file('votes.csv', lfs), { what: 'the votes', trim: true })).rejects.toThrow(/is a Git LFS pointer/);
    await expect(readTaskFile(file('task.yaml', '<!DOCTYPE html><html></html>'))).rejects.toThrow(/is an HTML page/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
