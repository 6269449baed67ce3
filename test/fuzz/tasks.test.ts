import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BUILT_IN_HOOKS } from '../../src/hooks/built-in.js';
import { compileTemplate } from '../../src/jinja/template.js';
import { METRICS } from '../../src/metrics/registry.js';
import { packagePath } from '../../src/package-files.js';
import { compileTask } from '../../src/prompts/document.js';
import { dumpsJson, MAX_DEPTH, parseJson } from '../../src/python/json.js';
import { literalEval } from '../../src/python/literal.js';
import { findAll, pythonRegex, removeAll } from '../../src/python/regex.js';
import { buildTask } from '../../src/tasks/build.js';
import type { Config } from '../../src/tasks/config.js';
import { parseYaml } from '../../src/tasks/parse-yaml.js';
import { type Registry, selectTasks } from '../../src/tasks/registry.js';
import { checkGroup, checkTask } from '../../src/tasks/schema.js';
import type { Doc } from '../../src/types.js';
import { nearJson, nearText, options, property, runs, survives, survivesLater, TIMEOUT } from './tools.js';

const folder = mkdtempSync(path.join(tmpdir(), 'fuzz-tasks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixtures = packagePath('fixtures/tasks');
const FILES = readdirSync(fixtures)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(path.join(fixtures, name), 'utf8'));
const YAML_PIECES = [
  '\n',
  '\n  ',
  ': ',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|\n',
  '>-\n',
  '#',
  '&a ',
  '*a',
  '<<: *a\n',
  '!function x.y',
  '!!js/function x',
  '!!python/object x',
  '!x ',
  '%YAML 1.2\n',
  '---\n',
  '...\n',
  '__proto__: 1\n',
  '~',
  'yes',
  '0x1f',
  '1_000',
  '.nan',
  '-.inf',
  '2020-01-01',
  '!!binary aaaa',
  '!!set {a}',
  '\t',
  '\u0000',
  '\ufeff',
  'task: a\n',
  'include: x.yaml\n',
  'doc_to_text: "{{',
  '}}"\n',
  'é',
];

const DOCS: readonly Doc[] = [
  { question: 'Zer da?', choices: ['a', 'b'], answer: 1, candidates: ['x', 'y'], n: 3n, context: null },
  { question: 5, choices: 'ab', answer: 'x', nested: { a: [1, [2, { b: null }]] } },
];

const VOCABULARY = { metrics: METRICS, hooks: BUILT_IN_HOOKS };

/** Compiles a task and shows it two documents. */
function use(config: Config): void {
  const task = survives(() => buildTask('task.yaml', checkTask('task.yaml', config), VOCABULARY));
  if (task === null) return;
  // No path, no hidden file, no ending of a task file.
  expect(task.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_+.-]{0,127}$/);
  expect(task.name).not.toMatch(/\.$|\.ya?ml$/);
  for (const part of [task.datasetPath, task.datasetName, task.testSplit ?? '', task.validationSplit ?? '', task.fewshotSplit ?? ''])
    if (part.split('/').includes('..') || part.startsWith('/')) throw new Error(`leads out: ${part}`);
  const view = survives(() => compileTask(task));
  if (view === null) return;
  for (const doc of DOCS)
    for (const make of [view.text, view.target, view.choices, view.description, view.genPrefix]) survives(() => make?.(doc) ?? '');
}

describe(`${runs} hostile task files and texts each`, () => {
  it('YAML of task files', { timeout: TIMEOUT }, async () => {
    let read = 0;
    const hostile = property(nearText(FILES, YAML_PIECES), (text) => {
      const config = survives(() => parseYaml('task.yaml', text));
      if (config === null) return;
      read++;
      if (Object.hasOwn(config, '__proto__')) throw new Error('__proto__');
      survives(() => checkGroup('task.yaml', config));
      use(config);
    });
    await fc.assert(hostile, options);
    if (read < runs / 10) throw new Error(`only ${read} of ${runs} were YAML`);
  });

  it('fields of task files', { timeout: TIMEOUT }, async () => {
    const bases = FILES.flatMap((text) => {
      const config = survives(() => parseYaml('task.yaml', text));
      return config === null ? [] : [config];
    });
    const full = {
      task: 'a',
      dataset_path: 'x/y',
      dataset_name: 'z',
      test_split: 'test',
      fewshot_split: 'train',
      output_type: 'generate_until',
      doc_to_text: '{{question}}',
      doc_to_target: 'answer',
      doc_to_choice: ['a', 'b'],
      num_fewshot: 2,
      generation_kwargs: { until: ['\n'], do_sample: false, max_gen_toks: 5 },
      filter_list: [{ name: 'f', filter: [{ function: 'regex', regex_pattern: '(\\d+)', group_select: -1 }, { function: 'take_first' }] }],
      metric_list: [{ metric: 'exact_match', aggregation: 'mean', regexes_to_ignore: [','] }],
      fewshot_config: { sampler: 'first_n', samples: [{ question: 'a', answer: 'b' }] },
      metadata: { version: 1, language: 'eu' },
      group: 'g',
      aggregate_metric_list: [{ metric: 'acc', weight_by_size: true }],
    };
    const hostile = property(nearJson([...bases, full]), (text) => {
      let config: unknown;
      try {
        config = JSON.parse(text);
      } catch {
        return;
      }
      if (typeof config !== 'object' || config === null || Array.isArray(config)) return;
      const fields = { ...config };
      survives(() => checkGroup('task.yaml', fields));
      use(fields);
    });
    await fc.assert(hostile, options);
  });

  it('files that include one another, and groups that name one another', { timeout: TIMEOUT }, async () => {
    mkdirSync(folder, { recursive: true });
    const NAMES = ['a', 'b', 'c', 'd'];
    const registry: Registry = {
      benchmarks: [],
      entries: new Map(),
      tags: new Map(),
      more: async () => ({ entries: new Map(), tags: new Map() }),
      vocabulary: VOCABULARY,
    };
    const name = fc.constantFrom(...NAMES, 'a', 'missing', '../a', '/dev/zero', '.');
    const include = fc.array(name, { maxLength: 4 });
    const members = fc.array(fc.oneof(name, fc.record({ task: name, include: name })), { minLength: 1, maxLength: 4 });
    const file = fc.record({ include, members: fc.option(members), tag: fc.option(name) });
    const single = { dataset_path: 'x', test_split: 'test', doc_to_text: 'q', doc_to_target: 't' };
    // Each case writes, lists and reads four files; one case in ten of the others is enough work for one test.
    const numRuns = Math.ceil(runs / 10);
    const hostile = property(fc.tuple(file, file, file, file), async (files) => {
      files.forEach((f, i) => {
        const own = NAMES[i] ?? '';
        const includes = f.include.length === 0 ? {} : { include: f.include.map((n) => (n.includes('/') ? n : `${n}.yaml`)) };
        const body =
          f.members === null
            ? { ...single, task: own }
            : { group: own, task: f.members.map((m) => (typeof m === 'string' ? m : { ...m, include: `${m.include}.yaml` })) };
        writeFileSync(
          path.join(folder, `${own}.yaml`),
          JSON.stringify({ ...includes, ...body, ...(f.tag === null ? {} : { tag: f.tag }) }),
        );
      });
      await survivesLater(() => selectTasks([path.join(folder, 'a.yaml')], registry));
    });
    await fc.assert(hostile, { ...options, numRuns });
  });

  it('Jinja of task files', { timeout: TIMEOUT }, async () => {
    const TEMPLATES = [
      "{% set x = namespace(n=0, l=[]) %}{% for c in choices if c != 'z' %}{% set x.n = x.n + loop.index %}{{ loop.index0 ~ '. ' ~ c | upper }}{% else %}none{% endfor %}{{ x.n }}",
      "{{ question.strip().replace('a', 'b', 2).split(' ') | join('-') | default('x', true) }} {{ choices | length }} {{ {'a': [1, 2.5, 'x']}.a[0] }}",
      "{{ ['A', 'B', 'C'][answer] if answer is number else (answer | string)[1:-1] }}{{ choices | map('upper') | list | tojson }}{{ 7 // 2 ** 3 % 5 - -1 }}",
      '{{ choices.index(question) }}{{ nested.a | sum }}{{ "%s" | format }}{{ range(1, 10, 2) | sort(reverse=true) | unique | min }}{% filter upper %}é{% endfilter %}',
    ];
    const PIECES = [
      '{{',
      '}}',
      '{%',
      '%}',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      "'",
      '"',
      '|',
      '.',
      ',',
      ':',
      '=',
      '==',
      '~',
      '+',
      '*',
      '**',
      '//',
      '%',
      '-',
      ' not ',
      ' in ',
      ' is ',
      ' if ',
      ' else ',
      '{% endif %}',
      '{% endfor %}',
      '{% for i in range(99999) %}',
      '{% set x = x ~ x %}',
      '{% set x = [x, x] %}',
      'x',
      "'a' * 999999",
      '* 1000000000',
      '** 1000',
      '| replace("a", question)',
      '| tojson',
      '| sort',
      '| unique',
      '| list',
      '.join(',
      '.rjust(99999, ',
      '.format(',
      '| round(-400)',
      '| int',
      '| float',
      '| select',
      '| sum',
      'loop',
      'question',
      'choices',
      '__proto__',
      'constructor',
      '.get',
      '9007199254740993',
      '1e400',
      '0',
      '\\',
      '\n',
      ' ',
      'é\ud800',
    ];
    let rendered = 0;
    const hostile = property(nearText(TEMPLATES, PIECES), (source) => {
      const template = survives(() => compileTemplate(source));
      if (template === null) return;
      for (const doc of DOCS) {
        if (survives(() => template.render(doc)) !== null) rendered++;
        survives(() => template.value?.(doc) ?? null);
      }
    });
    await fc.assert(hostile, options);
    if (rendered < runs / 20) throw new Error(`only ${rendered} of ${runs} were rendered`);
  });

  it('JSON of documents, and Python literals', { timeout: TIMEOUT }, async () => {
    const bases = [{ id: 1, text: 'a\n"é', list: [1.5, -3, true, null, { '0': 1, b: [] }], '10': 'x' }, [[1], { a: { b: {} } }], 'x'];
    const hostile = property(nearJson(bases), (text) => {
      const value = survives(() => parseJson(text));
      if (value !== null) {
        const again = dumpsJson(value);
        if (dumpsJson(parseJson(again)) !== again) throw new Error('does not read back');
      }
      survives(() => literalEval(text.replaceAll('null', 'None')));
    });
    await fc.assert(hostile, options);
    expect(survives(() => parseJson('['.repeat(MAX_DEPTH + 2)))).toBeNull();
  });

  it('regular expressions', { timeout: TIMEOUT }, async () => {
    const PATTERNS = [
      '(-?[$0-9.,]{2,})|(-?[0-9]+)',
      '(?i)the answer is (\\-?[0-9\\.\\,]+)\\b',
      '^(?P<x>a|b)(?(x)c|d)(?<=[ac])\\1*?(?:e+|f{2,3}?)$',
      '(?!x)[^\\W\\d_]+(?>a+)b*+',
      '((a*)*|b)*\\2',
    ];
    const PIECES = [
      '(',
      ')',
      '(?:',
      '(?=',
      '(?!',
      '(?<=',
      '(?<!',
      '(?>',
      '(?P<n>',
      '(?P=n)',
      '(?(1)',
      '(?i)',
      '(?-i:',
      '(?#',
      '[',
      ']',
      '[^',
      '-',
      '\\',
      '\\1',
      '\\2',
      '\\b',
      '\\d',
      '\\W',
      '\\x4',
      '\\u00e',
      '\\N{',
      '\\0',
      '|',
      '*',
      '+',
      '?',
      '{',
      '}',
      '{2,}',
      '{,3}',
      '{99999999999}',
      '{0}',
      '{1000}',
      '*?',
      '*+',
      '.',
      '^',
      '$',
      'a',
      'b',
      'é',
      '\ud83d',
      '\ud83d\ude00',
      '\n',
      '_',
      'İ',
    ];
    const TEXTS = ['', 'aaaaaaaaaaaaaaaaaaaaaaaaaab', 'The answer is 1,234.5\n', 'éÉ_\ud83d\ude00 x\n\nab', `${'ab'.repeat(30)}c`];
    let compiled = 0;
    const hostile = property(nearText(PATTERNS, PIECES), fc.constantFrom(...TEXTS), (pattern, text) => {
      const regex = survives(() => pythonRegex(pattern));
      if (regex === null) return;
      compiled++;
      survives(() => findAll(regex, text));
      const rest = survives(() => removeAll(regex, text));
      if (rest !== null && rest.length > text.length) throw new Error('longer than the text');
    });
    await fc.assert(hostile, options);
    if (compiled < runs / 10) throw new Error(`only ${compiled} of ${runs} were patterns`);
  });
});
