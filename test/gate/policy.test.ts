import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_POLICY, policyOf, readPolicy } from '../../src/gate/policy.js';
import { packagePath } from '../../src/package-files.js';
import { scratch } from '../compare/runs.js';

const NAMES = ['eus_trivia', 'piqa'];

describe('readPolicy', () => {
  const write = (text: string): string => {
    const file = path.join(scratch(), 'policy.yaml');
    writeFileSync(file, text);
    return file;
  };

  it('fills in the defaults, from YAML, JSON or an empty file', async () => {
    expect(await readPolicy(write(''), NAMES)).toEqual(DEFAULT_POLICY);
    expect(await readPolicy(write('{"allowed_drop": 2}'), NAMES)).toEqual({ ...DEFAULT_POLICY, allowed_drop: 2 });
    const policy = await readPolicy(
      write('benchmarks:\n  piqa: {floor: 70, judge: false}\nlanguages:\n  eu: {allowed_drop: 0.2}\n'),
      NAMES,
    );
    expect([policy.benchmarks.piqa, policy.languages.eu]).toEqual([{ floor: 70, judge: false }, { allowed_drop: 0.2 }]);
  });

  it.each<[string, string, RegExp]>([
    [
      'an unknown field',
      'alowed_drop: 1',
      /^\S+policy\.yaml: alowed_drop: no such field; valid: allowed_drop, significance, .* Did you mean allowed_drop\?$/,
    ],
    [
      'an unknown field of a benchmark',
      'benchmarks: {piqa: {flor: 1}}',
      /benchmarks\.piqa\.flor: no such field; valid: .* Did you mean floor\?$/,
    ],
    ['an unknown benchmark', 'benchmarks: {piqqa: {floor: 1}}', /benchmarks\.piqqa: no benchmark 'piqqa'; .* Did you mean piqa\?$/],
    ['an unknown benchmark in a group', 'groups: {g: {benchmarks: [piqa, x]}}', /groups\.g\.benchmarks\[1\]: no benchmark 'x'/],
    ['an unknown language', 'languages: {fr: {floor: 1}}', /languages/],
    ['a number out of range', 'significance: 1.5', /significance: /],
    ['a text for a number', 'allowed_drop: much', /allowed_drop: .*number/],
    ['broken YAML', 'a: [1', /policy\.yaml: not YAML or JSON/],
    ['a list', '- 1', /policy\.yaml: the file: /],
  ])('refuses %s, naming file and field', async (_, text, message) => {
    await expect(readPolicy(write(text), NAMES)).rejects.toThrow(message);
  });

  it('the policy that docs/gate.md shows is valid, and its upper half is the default', () => {
    const text = readFileSync(packagePath('docs/gate.md'), 'utf8');
    const shown = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((m) => m[1] ?? '').find((y) => y.startsWith('allowed_drop'));
    const names = ['eus_trivia', 'mgsm_native_cot_eu', 'bbq', 'eus_exams_eu', 'bertaqa_eu_local'];
    const policy = policyOf(parse(shown ?? ''), 'docs/gate.md', names);
    expect({ ...policy, benchmarks: {}, languages: {}, groups: {} }).toEqual(DEFAULT_POLICY);
    expect(Object.keys(policy.groups)).toEqual(['knowledge']);
  });

  it('refuses a file that is not there', async () => {
    await expect(readPolicy('/nowhere.yaml', NAMES)).rejects.toThrow('cannot read the policy /nowhere.yaml: no such file');
  });

  it('takes no field from the prototype', () => {
    expect(() => policyOf(JSON.parse('{"benchmarks": {"__proto__": {"floor": 1}}}'), 'p', NAMES)).not.toThrow(TypeError);
    expect(({} as Record<string, unknown>).floor).toBeUndefined();
  });
});
