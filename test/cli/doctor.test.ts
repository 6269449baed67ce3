import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eusEval } from './eus-eval.js';

const Report = z.object({
  version: z.string(),
  cpu: z.boolean(),
  findings: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ok', 'missing', 'wrong', 'not needed']),
      detail: z.string().regex(/^[^\n]*$/),
      mend: z.string().nullable(),
      essential: z.boolean(),
    }),
  ),
});

describe('eus-eval doctor', () => {
  it('finds that models run here, and tells no secret', async () => {
    const env = { HF_TOKEN: 'hf_verysecret', ANTHROPIC_API_KEY: 'verysecret' };
    const { code, stdout, stderr } = await eusEval(['doctor', '--json'], env);
    expect(stderr).toBe('');
    const report = Report.parse(JSON.parse(stdout));
    expect(report.cpu).toBe(true);
    expect(code).toBe(0);
    expect(report.findings.filter(({ essential }) => essential).map(({ name, status }) => [name, status])).toEqual([
      ['Node.js', 'ok'],
      ['system', 'ok'],
      ['ONNX Runtime', 'ok'],
      ['own files', 'ok'],
      ['trial run', 'ok'],
    ]);
    expect(stdout).not.toContain('verysecret');
  });

  it('prints one line a finding and a last line that sums up', async () => {
    const { code, stdout } = await eusEval(['doctor']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^\|Status +\|What +\|Found +\|$/);
    expect(lines[2]).toMatch(/^\|ok +\|Node\.js +\|\d+\.\d+\.\d+ *\|$/);
    expect(lines.at(-2)).toBe('');
    expect(lines.at(-1)).toMatch(/^everything is fine$|^models run on the CPU; \d+ lines? above could be mended$/);
    for (const line of lines.slice(2, -2)) expect(line).toMatch(/^\|(ok|missing|wrong|not needed) *\|/);
    expect(code).toBe(0);
  });
});
