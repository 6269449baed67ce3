import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../src/package-files.js';

const SRC = packagePath('src');

/** All source files, relative to src/. */
function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(path.sep).join('/'));
}

/** Files that `file` imports from this project, relative to src/; type-only imports count unless `types` is false. */
function imports(file: string, options: { types: boolean; dynamic: boolean }): string[] {
  const text = readFileSync(path.join(SRC, file), 'utf8');
  const statics = [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)'/gm)]
    .filter((m) => options.types || m[1] === undefined)
    .map((m) => m[2] ?? '');
  const dynamics = options.dynamic ? [...text.matchAll(/import\('([^']+)'\)/g)].map((m) => m[1] ?? '') : [];
  return [...statics, ...dynamics].map((target) =>
    target.startsWith('.') ? path.posix.join(path.posix.dirname(file), target).replace(/\.js$/, '.ts') : target,
  );
}

/** Everything that loading `file` loads: static imports, followed through the project. */
function loaded(file: string): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    if (name.endsWith('.ts')) for (const next of imports(name, { types: false, dynamic: false })) visit(next);
  };
  visit(file);
  return seen;
}

describe('architecture', () => {
  it('scoring, metrics, backends and data never import each other, but scoring knows the metrics', () => {
    const apart = ['scoring', 'metrics', 'backends', 'data'];
    const crossings = sources().flatMap((file) => {
      const own = file.split('/')[0] ?? '';
      if (!apart.includes(own)) return [];
      return imports(file, { types: true, dynamic: true })
        .filter((target) => apart.includes(target.split('/')[0] ?? '') && target.split('/')[0] !== own && target.endsWith('.ts'))
        .filter((target) => own !== 'scoring' || target.split('/')[0] !== 'metrics')
        .map((target) => `${file} -> ${target}`);
    });
    expect(crossings).toEqual([]);
  });

  it('the command line loads no ONNX, no tokenizer and no SDK until a command needs it', () => {
    const heavy = [...loaded('cli/main.ts')].filter((name) =>
      /onnxruntime|@huggingface|^tokenizers$|openai|anthropic|jsdom|@observablehq|lmdb|hyparquet/.test(name),
    );
    expect(heavy).toEqual([]);
  });

  it('what reads result files only never loads a model', () => {
    const commands = ['compare', 'gate', 'leaderboard', 'arena', 'list', 'view']
      .map((name) => `cli/${name}.ts`)
      .filter((file) => sources().includes(file));
    const followAll = (file: string): Set<string> => {
      const seen = new Set<string>();
      const visit = (name: string): void => {
        if (seen.has(name)) return;
        seen.add(name);
        if (name.endsWith('.ts')) for (const next of imports(name, { types: false, dynamic: true })) visit(next);
      };
      visit(file);
      return seen;
    };
    for (const command of commands) {
      const heavy = [...followAll(command)].filter((name) => /onnxruntime|^tokenizers$|^backends\//.test(name));
      expect(heavy, command).toEqual([]);
    }
  });

  it('no file outside the tests and benchmarks reads the reference material', () => {
    const readers = sources().filter((file) => /\.\.\/shared|\/work\//.test(readFileSync(path.join(SRC, file), 'utf8')));
    expect(readers).toEqual([]);
  });

  it('no source file is longer than 500 lines', () => {
    const long = sources().filter((file) => readFileSync(path.join(SRC, file), 'utf8').split('\n').length > 501);
    expect(long).toEqual([]);
  });
});
