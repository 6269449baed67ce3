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

/** Everything that loading `file` loads: static imports, followed through the project; with `dynamic` also what it may load later. */
function loaded(file: string, dynamic = false): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    if (name.endsWith('.ts')) for (const next of imports(name, { types: false, dynamic })) visit(next);
  };
  visit(file);
  return seen;
}

/**
 * The folders, in the order in which they may import each other: only what stands on a lower line. Files beside the folders may be imported by all; of them,
 * `index.ts` may import everything, the others only each other and `python/`.
 */
const ORDER: readonly (readonly string[])[] = [
  ['cli'],
  ['library'],
  ['judge'],
  ['arena-server', 'doctor', 'explain', 'gate', 'publish', 'run', 'view'],
  ['backends', 'compare', 'leaderboard', 'safety'],
  ['arena', 'results', 'serve', 'webgpu'],
  ['cuda', 'data', 'scoring', 'tasks'],
  ['hooks', 'hub', 'prompts'],
  ['metrics', 'models'],
  ['http', 'jinja', 'page', 'tables', 'terminal'],
  ['statistics'],
  ['python'],
];

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : '';
}

/** Circles of imports, dynamic ones included; each as the files that are on it. */
function circles(): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const known = index.get(file);
    if (known !== undefined) return stack.includes(file) ? known : Number.POSITIVE_INFINITY;
    const mine = index.size;
    index.set(file, mine);
    stack.push(file);
    let lowest = mine;
    for (const next of imports(file, { types: false, dynamic: true }).filter((target) => target.endsWith('.ts')))
      lowest = Math.min(lowest, low.get(next) ?? visit(next));
    low.set(file, lowest);
    if (lowest === mine) {
      const circle = stack.splice(stack.indexOf(file));
      for (const member of circle) low.set(member, Number.POSITIVE_INFINITY);
      if (circle.length > 1) found.push(circle);
    }
    return lowest;
  };
  for (const file of sources()) visit(file);
  return found;
}

/** An element of a list, or else a value that hides that there is none. */
const SILENT = /([\w$.)\]}]+)(\?\.)?\[((?:[^[\]]|\[[^[\]]*\])+)\]\s*\?\?\s*(?:0|''|\[\]|Number\.NaN)(?![\w.])/g;
/** What is no list: what a pattern captured, and the environment. */
const CAPTURES = /(?:^|\.)(?:match|address|end|m|env)$/;
/** Indexes that are keys of an object: names of fields, and constants. */
const KEYS = /^(?:.*[nN]ame|'.*'|[A-Z_]+|variable|phase|reason|.*\.reason|side|answer|language|category|subject|unit|of)$/;
/** Lists whose elements may really be missing. */
const MAY_BE_MISSING: ReadonlyMap<string, string> = new Map([
  ['cli/harness-options.ts own[place + 1]', 'an option may be the last word'],
  ['data/csv.ts row.cells[i]', 'a row may be shorter than the header'],
  ['data/csv.ts cells[i]', 'a row may be shorter than the header'],
  ['leaderboard/names.ts cells[header.indexOf(column)]', 'a column that the file has not, or a short row'],
  [
    "publish/samples.ts asked.choices[chosenOf(line, asked.choices, metric, metrics.includes('bias'))]",
    'a sample of others may name a choice that there is not',
  ],
  ['python/regex-parse.ts s.chars[s.at]', 'the end of the pattern'],
  ['python/regex-set.ts s.chars[s.at]', 'the end of the pattern'],
  ['results/read-samples.ts column[i]', 'not every document has every score'],
  ['run/contamination.ts request.continuations[right]', 'a target may name none of the choices'],
  ['terminal/table.ts row[i]', 'a row may be shorter than the columns'],
]);

/** Indexed accesses of a source text that have a silent value in place of a missing element, `list[index]` each. */
function silentAccesses(text: string): string[] {
  return [...text.matchAll(SILENT)].flatMap(([whole, list = '', optional, index = '']) => {
    const line = text.slice(text.lastIndexOf('\n', text.indexOf(whole)) + 1, text.indexOf(whole) + whole.length);
    const captured = CAPTURES.test(list) || (optional !== undefined && /(?:exec|scan|match)\(/.test(line));
    return captured || KEYS.test(index) ? [] : [`${list}[${index}]`];
  });
}

describe('architecture', () => {
  it('an element that is always there is taken with `at`, which throws, never with a value in its place', () => {
    expect(
      silentAccesses(
        "xs[i] ?? 0; ys[j - 1] ?? ''; (zs[k] ?? []).length; a.b[n] ?? Number.NaN; word.split('=')[0] ?? ''; grid[at(rows, i)] ?? 0",
      ),
    ).toHaveLength(6);
    expect(
      silentAccesses(
        "match[1] ?? ''; /x/.exec(y)?.[1] ?? ''; counts[name] ?? 0; counts['x y'] ?? 0; map.get(i) ?? 0; xs[i] ?? 0.5; xs[i] ?? other",
      ),
    ).toEqual([]);
    const found = sources().flatMap((file) =>
      silentAccesses(readFileSync(path.join(SRC, file), 'utf8')).map((access) => `${file} ${access}`),
    );
    expect([...new Set(found)].filter((access) => !MAY_BE_MISSING.has(access))).toEqual([]);
    expect([...MAY_BE_MISSING.keys()].filter((access) => !found.includes(access))).toEqual([]);
  });

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
    for (const command of commands) {
      const heavy = [...loaded(command, true)].filter((name) => /onnxruntime|^tokenizers$|^backends\//.test(name));
      expect(heavy, command).toEqual([]);
    }
  });

  it('folders import only what stands below them', () => {
    const line = new Map(ORDER.flatMap((names, i) => names.map((name) => [name, i] as const)));
    expect([...new Set(sources().map(folderOf))].filter((name) => name !== '' && !line.has(name))).toEqual([]);
    const upward = sources().flatMap((file) => {
      if (file === 'index.ts') return [];
      const own = folderOf(file);
      return imports(file, { types: true, dynamic: true })
        .filter((target) => target.endsWith('.ts') && folderOf(target) !== own && folderOf(target) !== '')
        .filter((target) => (own === '' ? folderOf(target) !== 'python' : (line.get(folderOf(target)) ?? 0) <= (line.get(own) ?? 0)))
        .map((target) => `${file} -> ${target}`);
    });
    expect(upward).toEqual([]);
  });

  it('commands hold arguments and printing only: what they do comes from the library, what they print from values', () => {
    const printing = [
      /^(?:cli|library|terminal)\//,
      // What makes texts of values.
      /^(?:arena|compare|gate|safety)\/(?:report|print)\.ts$/,
      /^leaderboard\/correlation-report\.ts$/,
      /^results\/(?:by-model|counts|seed-summary|table)\.ts$/,
      // Words that `--help` lists.
      /^(?:serve\/engines|page\/words)\.ts$/,
      // What the process waits for, which is printed.
      /^hub\/waits\.ts$/,
      // A program of its own, which prints and listens to signals itself.
      /^arena-server\//,
    ];
    const work = sources()
      .filter((file) => file.startsWith('cli/'))
      .flatMap((file) =>
        imports(file, { types: false, dynamic: true })
          .filter((target) => target.endsWith('.ts') && target.includes('/') && !printing.some((allowed) => allowed.test(target)))
          .map((target) => `${file} -> ${target}`),
      );
    expect(work).toEqual([]);
  });

  it('the library prints nothing, ends nothing and listens to no signal', () => {
    // Programs of their own: processes that are started, and the arena.
    const programs = /^(?:cli|arena-server)\/|-process\.ts$|session-worker\.ts$/;
    const faults = sources()
      .filter((file) => !programs.test(file))
      .filter((file) =>
        /process\.(?:stdout|stderr|exit|on|once|exitCode|chdir)\b|\bconsole\./.test(readFileSync(path.join(SRC, file), 'utf8')),
      );
    expect(faults).toEqual([]);
  });

  it('has no circles of imports', () => {
    expect(circles()).toEqual([]);
  });

  it('no file outside the tests and benchmarks reads the reference material', () => {
    const readers = sources().filter((file) => /\.\.\/shared|\/work\//.test(readFileSync(path.join(SRC, file), 'utf8')));
    expect(readers).toEqual([]);
  });

  it('every folder is explained in CONTRIBUTING.md', () => {
    const text = readFileSync(packagePath('CONTRIBUTING.md'), 'utf8');
    const folders = [...new Set(sources().map(folderOf))].filter((folder) => folder !== '');
    expect(folders.filter((folder) => !text.includes(`\`${folder}\``))).toEqual([]);
  });

  it('no source file is longer than 500 lines', () => {
    const long = sources().filter((file) => readFileSync(path.join(SRC, file), 'utf8').split('\n').length > 501);
    expect(long).toEqual([]);
  });
});
