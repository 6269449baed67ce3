import { describe, expect, it } from 'vitest';
import { compareOptions, compareRuns } from '../../src/compare/compare.js';
import { openRun } from '../../src/compare/open-run.js';
import { type Judgement, judge } from '../../src/gate/judge.js';
import { DEFAULT_POLICY, type Policy, policyOf } from '../../src/gate/policy.js';
import { docs, type FakeDoc, type FakeRun, known, scratch, spoil, writeRun } from '../compare/runs.js';

const NAMES = ['eus_trivia', 'eus_reading', 'piqa'];
const KNOWN = [known('eus_trivia'), known('eus_reading'), known('piqa', 'en')];
const SIZES: Readonly<Record<string, number>> = { eus_trivia: 1715, eus_reading: 352, piqa: 1838 };
const NOW = 1_735_689_600;

function run(change: (name: string, given: FakeDoc[]) => readonly FakeDoc[] = (_, given) => given): FakeRun {
  return { tasks: NAMES.map((name) => ({ name, docs: change(name, docs(SIZES[name] ?? 100, 0.6)) })) };
}

async function judged(base: FakeRun, candidate: FakeRun, policy: Policy = DEFAULT_POLICY, now = NOW): Promise<Judgement> {
  const [b, c] = [await openRun(writeRun(scratch(), base)), await openRun(writeRun(scratch(), candidate))];
  return judge(await compareRuns(b, c, compareOptions(KNOWN, { noiseNats: policy.noise_nats })), policy, now);
}

const policy = (content: unknown): Policy => policyOf(content, 'policy.yaml', NAMES);

describe('judge', () => {
  it('passes a run against itself', async () => {
    expect(await judged(run(), run())).toMatchObject({ verdict: 'pass', reasons: [], remarks: [] });
  });

  it('sees 3 % of one benchmark’s answers flipped, at each size', async () => {
    for (const name of NAMES) {
      const result = await judged(
        run(),
        run((n, given) => (n === name ? spoil(given, Math.round(0.03 * given.length)) : given)),
      );
      expect(result.verdict, name).toBe('regressed');
      expect(
        result.reasons.map((r) => r.subject),
        name,
      ).toContain(name);
      expect(result.reasons[0]?.message).toMatch(
        new RegExp(
          `^${name} fell from (59|60)\\.\\d\\d to 5[67]\\.\\d\\d \\(-[23]\\.\\d\\d points; \\d+ documents became wrong, 0 right\\), p .* after Holm's correction`,
        ),
      );
    }
  });

  it('cannot judge without a benchmark, with another prompt, or with 5 % unscored', async () => {
    const dropped = await judged(run(), { tasks: run().tasks.slice(0, 2) });
    expect(dropped).toMatchObject({
      verdict: 'cannot judge',
      reasons: [{ subject: 'piqa', message: 'piqa is missing from the candidate' }],
    });
    const prompted = await judged(
      run(),
      run((name, given) => (name === 'piqa' ? given.map((d, i) => (i === 3 ? { ...d, prompt: 'other' } : d)) : given)),
    );
    expect(prompted.verdict).toBe('cannot judge');
    expect(prompted.reasons.map((r) => r.message)).toEqual([expect.stringMatching(/^not comparable: piqa: fingerprint /)]);
    const failed = await judged(
      run(),
      run((name, given) => (name === 'piqa' ? given.map((d, i) => (i % 20 === 0 ? { score: null } : d)) : given)),
    );
    expect(failed.verdict).toBe('cannot judge');
    expect(failed.reasons.map((r) => r.message)).toEqual([
      'piqa: 92 of 1838 documents of the candidate have no score, 5.0 %; at most 1 % are let through',
    ]);
    expect(failed.judged.find((j) => j.row.benchmark === 'piqa')?.verdict).toBe('cannot judge');
  });

  it('counts documents that the candidate does not have as unscored', async () => {
    const part = await judged(
      run(),
      run((_, given) => given.slice(0, 300)),
    );
    expect(part.verdict).toBe('cannot judge');
    expect(part.reasons[0]?.message).toBe(
      'eus_trivia: 1415 of 1715 documents of the candidate have no score (or lack them), 82.5 %; at most 1 % are let through',
    );
  });

  it('says when a benchmark comes from an older file than the rest, so that a dropped one cannot hide', async () => {
    const folder = scratch();
    writeRun(folder, run());
    const newer = writeRun(folder, { tasks: run().tasks.slice(0, 2), stamp: '2025-02-01T00-00-00.000000', date: NOW + 60 });
    const base = await openRun(writeRun(scratch(), run()));
    const whole = judge(await compareRuns(base, await openRun(newer), compareOptions(KNOWN)), DEFAULT_POLICY, NOW);
    expect(whole.remarks).toEqual([expect.stringMatching(/^piqa: not in the candidate's newest result file but in an older one/)]);
    const alone = await openRun(`${newer}/results_2025-02-01T00-00-00.000000.json`);
    expect(judge(await compareRuns(base, alone, compareOptions(KNOWN)), DEFAULT_POLICY, NOW).verdict).toBe('cannot judge');
  });

  it('a regression wins over what cannot be judged', async () => {
    const result = await judged(run(), { tasks: run((_, given) => spoil(given, 100)).tasks.slice(0, 2) });
    expect(result.verdict).toBe('regressed');
    expect(result.reasons.map((r) => r.verdict).at(-1)).toBe('cannot judge');
  });

  it('lets an allowed drop pass and says that it is there', async () => {
    const lower = run((name, given) => (name === 'piqa' ? spoil(given, 18) : given));
    expect((await judged(run(), lower)).verdict).toBe('regressed');
    const result = await judged(run(), lower, policy({ benchmarks: { piqa: { allowed_drop: 1 } }, languages: {} }));
    expect(result.verdict).toBe('pass');
    expect(result.remarks).toEqual(['piqa: a drop of 0.98 points is not chance but allowed (1)']);
  });

  it('holds the candidate to its floor, however equal the runs are', async () => {
    const result = await judged(run(), run(), policy({ benchmarks: { piqa: { floor: 61 } }, languages: { eu: { floor: 59 } } }));
    expect(result.reasons.map((r) => r.message)).toEqual(['piqa is at 59.96, below its floor of 61']);
    expect(result.verdict).toBe('regressed');
  });

  it('judges groups, and leaves out what is not to be judged', async () => {
    const slightly = run((_, given) => spoil(given, Math.round(given.length * 0.012)));
    const grouped = await judged(
      run(),
      slightly,
      policy({
        groups: { all: { benchmarks: NAMES, allowed_drop: 1 } },
        benchmarks: Object.fromEntries(NAMES.map((n) => [n, { judge: false }])),
      }),
    );
    expect(grouped.verdict).toBe('regressed');
    expect(grouped.reasons.map((r) => r.subject)).toEqual(['all']);
    expect(grouped.judged.map((j) => j.verdict)).toEqual(['regressed', 'not judged', 'not judged', 'not judged']);
  });

  it('believes no stale base', async () => {
    const old = await judged(run(), run(), policy({ baseline_age_days: 30 }), NOW + 31 * 86_400);
    expect(old).toMatchObject({
      verdict: 'cannot judge',
      reasons: [{ subject: null, message: expect.stringMatching(/^the base is 31 days old; the policy believes 30/) }],
    });
    expect((await judged(run(), run(), policy({ baseline_age_days: 30 }), NOW + 29 * 86_400)).verdict).toBe('pass');
  });

  it('cannot judge where it could not have seen the drop that the policy cares about', async () => {
    const result = await judged(run(), run(), policy({ detectable: 2 }));
    expect(result.reasons.map((r) => r.message)).toEqual([
      'eus_reading: with 352 documents only drops above 3.2 points are detectable; the policy asks for 2 (detectable)',
    ]);
  });

  it('required names what must be there; a benchmark that only the candidate has is no reason', async () => {
    const more = await judged({ tasks: run().tasks.slice(0, 2) }, run());
    expect(more).toMatchObject({ verdict: 'pass', remarks: ['piqa is missing from the base'] });
    const two = await judged({ tasks: run().tasks.slice(0, 2) }, { tasks: run().tasks.slice(0, 2) }, policy({ required: ['piqa'] }));
    expect(two.reasons.map((r) => r.message)).toEqual(['piqa is required and in neither run']);
    const optional = await judged(run(), { tasks: run().tasks.slice(0, 2) }, policy({ required: ['eus_trivia'] }));
    expect(optional.verdict).toBe('pass');
  });
});

describe('the default policy', () => {
  it('does not call it a pass when only a huge drop would have been seen', async () => {
    const small = (): FakeRun => ({ tasks: [{ name: 'eus_trivia', docs: docs(24, 0.6) }] });
    const result = await judged(small(), small());
    expect(result.verdict).toBe('cannot judge');
    expect(result.reasons.map((r) => r.message)).toEqual([
      expect.stringMatching(
        /^eus_trivia: with 24 documents only drops above \d\d\.\d points are detectable; the policy asks for 15 \(detectable\)$/,
      ),
    ]);
    expect((await judged(small(), small(), policy({ detectable: null }))).verdict).toBe('pass');
  });
});

describe('numerical noise', () => {
  /** Margins spread over [-3, 3]; the score says which side of zero. */
  const model = (shift: (i: number) => number): FakeRun => ({
    tasks: NAMES.map((name) => ({
      name,
      docs: Array.from({ length: SIZES[name] ?? 0 }, (_, i): FakeDoc => {
        const margin = 3 * Math.sin(i * 1.7 + 0.4) + 1e-6 + shift(i);
        return { score: margin > 0 ? 1 : 0, margin };
      }),
    })),
  });
  const wobble =
    (size: number, lean: number) =>
    (i: number): number =>
      size * (Math.sin(i * 12.9898) + lean);

  it('of another batch size does not fire, though it flips documents', async () => {
    const result = await judged(
      model(() => 0),
      model(wobble(0.06, -0.15)),
    );
    expect(result.verdict).toBe('pass');
    const flips = result.judged.flatMap((j) => (j.kind === 'benchmark' ? [j.row] : []));
    expect(flips.reduce((sum, r) => sum + (r.flipsDown ?? 0), 0)).toBeGreaterThan(10);
    for (const row of flips) expect(row.noise.up + row.noise.down).toBe((row.flipsUp ?? 0) + (row.flipsDown ?? 0));
  });

  it('explains no flip whose margin jumps, and none that the log-probabilities contradict', async () => {
    const jump = await judged(
      model(() => 0),
      model((i) => (i % 33 === 0 ? -4 : wobble(0.02, 0)(i))),
    );
    expect(jump.verdict).toBe('regressed');
    const edited = { tasks: model(() => 0).tasks.map((t) => ({ ...t, docs: spoil(t.docs, 60) })) };
    expect(
      (
        await judged(
          model(() => 0),
          edited,
        )
      ).verdict,
    ).toBe('regressed');
  });

  it('does not excuse small shifts that all lean one way', async () => {
    const result = await judged(
      model(() => 0),
      model(wobble(0.05, -2)),
    );
    expect(result.verdict).toBe('regressed');
    expect(result.judged.find((j) => j.row.benchmark === 'piqa')?.row.noise).toEqual({ up: 0, down: 0 });
  });

  it('explains no drift to one side, even where every flip is a near tie', async () => {
    // 182 of 1,715 documents fall and 118 rise across a tie (one-sided p 1.4e-4), the others move by 0.06 nats and stay where they are.
    const trivia = (candidate: boolean): FakeRun => ({
      tasks: [
        {
          name: 'eus_trivia',
          docs: Array.from({ length: 1715 }, (_, i): FakeDoc => {
            const near = i < 182 ? 0.05 : -0.05;
            const margin = i < 300 ? (candidate ? -near : near) : (i % 2 === 0 ? 1.5 : -1.5) + (candidate ? 0.06 : 0);
            return { score: margin > 0 ? 1 : 0, margin };
          }),
        },
      ],
    });
    const result = await judged(trivia(false), trivia(true));
    expect(result.reasons.map((r) => r.message)).toEqual([
      expect.stringMatching(/^eus_trivia fell from .* \(-3\.73 points; 182 documents became wrong, 118 right\), p < 0\.001/),
    ]);
    // Turned round it is a gain, and nothing fires.
    expect((await judged(trivia(true), trivia(false))).verdict).toBe('pass');
  });

  it('is not assumed between different models', async () => {
    const result = await judged(
      model(() => 0),
      model(wobble(0.8, 0)),
    );
    for (const { row } of result.judged) expect(row.noise).toEqual({ up: 0, down: 0 });
  });
});
