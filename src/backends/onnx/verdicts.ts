/** What the check of a device found (`self-check.ts`), kept in the program's cache folder: one small file for each device, driver, runtime and version of this program. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type Env, ownCache } from '../../cache-folders.js';

const schema = z.object({
  /** What was checked: card, driver, runtime, program version, layout of keys and values. */
  subject: z.record(z.string(), z.string()),
  parts: z.array(z.object({ name: z.string(), difference: z.number().nullable(), wrong: z.string().nullable() })),
  passed: z.boolean(),
  /** Whether the device has float16; absent while nothing has asked. */
  float16: z.boolean().optional(),
  seconds: z.number(),
  day: z.string(),
});

export type Verdict = Readonly<z.infer<typeof schema>>;
export type VerdictPart = Verdict['parts'][number];

const folder = (env: Env): string => path.join(ownCache(env), 'devices');
const fileOf = (subject: Verdict['subject'], env: Env): string =>
  path.join(
    folder(env),
    `${createHash('sha256')
      .update(JSON.stringify(Object.entries(subject).sort()))
      .digest('hex')
      .slice(0, 24)}.json`,
  );

function read(file: string): Verdict | null {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    // Absent or torn: the device is checked again.
    return null;
  }
}

/** Returns what was found about exactly this subject, or null. Never throws. */
export function readVerdict(subject: Verdict['subject'], env: Env = process.env): Verdict | null {
  try {
    return read(fileOf(subject, env));
  } catch {
    // No place for a cache: nothing is kept.
    return null;
  }
}

/** Returns all verdicts that are kept. Never throws. */
export function allVerdicts(env: Env = process.env): Verdict[] {
  try {
    return readdirSync(folder(env))
      .sort()
      .flatMap((name) => read(path.join(folder(env), name)) ?? []);
  } catch {
    return [];
  }
}

/** Keeps a verdict. A folder that cannot be written means that the device is checked again next time; never throws. */
export function keepVerdict(verdict: Verdict, env: Env = process.env): void {
  try {
    const file = fileOf(verdict.subject, env);
    const fresh = `${file}.${process.pid}`;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(fresh, `${JSON.stringify(verdict)}\n`);
    renameSync(fresh, file);
  } catch {
    // See above.
  }
}

/** The largest difference of a verdict, in words. */
export function verdictLine(v: Verdict): string {
  const worst = v.parts.reduce((most, part) => Math.max(most, part.difference ?? 0), 0);
  const failed = v.parts.find((part) => part.wrong !== null);
  return failed === undefined
    ? `log-probabilities within ${worst.toExponential(1)} of the CPU's in ${v.parts.length} kinds of runs (${v.day})`
    : `${failed.name}: ${failed.wrong} (${v.day})`;
}
