/**
 * Checks a device before it is believed: the tiny model of this package answers requests of all kinds there and on the CPU. A kernel that is wrong for some shapes on some
 * driver shows here, and not in somebody's table.
 */
import { at } from '../../at.js';
import { messageOf } from '../../errors.js';
import type { Ask, Backend, Request, Response } from '../../types.js';
import type { Verdict, VerdictPart } from './verdicts.js';

/** Largest difference of a log-probability in float32; devices that compute right stay a hundred times below it. */
export const TOLERANCE = 1e-3;

interface Part {
  readonly name: string;
  readonly requests: readonly Request[];
}

const WORDS = 'etxe mendi ibai kale liburu ikasle hiri itsaso egun gau urte lan herri jende mundu bide'.split(' ');
/** Made-up text, the same each time. */
const text = (words: number, seed: number): string =>
  Array.from({ length: words }, (_, i) => WORDS[(i * i * 7 + i * 3 + seed * 5) % WORDS.length]).join(' ');

const choices = (context: string, continuations: readonly string[]): Request => ({
  kind: 'choices',
  context,
  continuations: [...continuations],
});

/** The kinds of runs that evaluations are made of. */
const PARTS: readonly Part[] = [
  { name: 'one token', requests: [choices('etxe', [' A', ' B'])] },
  { name: 'many tokens', requests: [choices(text(120, 1), [` ${text(6, 2)}`]), choices(text(90, 3), [` ${text(4, 4)}`])] },
  {
    name: 'a shared prefix with branches',
    requests: [0, 1, 2, 3, 4, 5].map((i) =>
      choices(`${text(70, 5)}\n${text(6 + 3 * i, 6 + i)}:`, [` ${text(2, i)}`, ` ${text(5, i + 1)}`, ' A', ' B']),
    ),
  },
  {
    name: 'generation',
    requests: [0, 1, 2].map((i) => ({
      kind: 'generate',
      context: `${text(20, 9)} ${text(5 + 4 * i, i)}`,
      until: ['\n\n\n'],
      maxNewTokens: 12,
    })),
  },
];

async function answersOf(backend: Backend, requests: readonly Request[]): Promise<(Response | undefined)[]> {
  async function* source(): AsyncGenerator<Ask> {
    yield* requests.map((request, id) => ({ id, request }));
  }
  const out: (Response | undefined)[] = requests.map(() => undefined);
  for await (const { id, response } of backend.ask(source(), new AbortController().signal)) out[id] = response;
  return out;
}

/** How two answers to one request differ: a number, or in words where a number does not say it. */
function difference(a: Response | undefined, b: Response | undefined): number | string {
  if (a?.kind === 'failure' || b?.kind === 'failure') return a?.kind === 'failure' ? a.message : b?.kind === 'failure' ? b.message : '';
  if (a?.kind === 'generate' && b?.kind === 'generate')
    return a.text === b.text ? 0 : `the text ${JSON.stringify(b.text)} instead of ${JSON.stringify(a.text)}`;
  if (a?.kind !== 'choices' || b?.kind !== 'choices') return 'no answer';
  const other = b.logprobs;
  return Math.max(...a.logprobs.map((value, i) => Math.abs(value - at(other, i))));
}

function judge(name: string, expected: readonly (Response | undefined)[], got: readonly (Response | undefined)[]): VerdictPart {
  let worst = 0;
  for (const [i, answer] of expected.entries()) {
    const d = difference(answer, got[i]);
    if (typeof d === 'string') return { name, difference: null, wrong: d };
    // NaN must not pass.
    if (!(d <= TOLERANCE))
      return { name, difference: Number.isFinite(d) ? d : null, wrong: `a log-probability differs from the CPU's by ${d.toPrecision(2)}` };
    worst = Math.max(worst, d);
  }
  return { name, difference: worst, wrong: null };
}

/**
 * Compares the tiny model on a device with the CPU. `open` opens it on one of the two. Returns the verdict, in which a device that fails while it computes has not passed;
 * rejects where the device cannot be opened at all.
 */
export async function checkDevice(
  subject: Verdict['subject'],
  open: (where: 'cpu' | 'device') => Promise<Backend>,
  day: string = new Date().toISOString().slice(0, 10),
): Promise<Verdict> {
  const start = performance.now();
  const parts: VerdictPart[] = [];
  const device = await open('device');
  try {
    const cpu = await open('cpu');
    try {
      for (const { name, requests } of PARTS) {
        const expected = await answersOf(cpu, requests);
        const part = await answersOf(device, requests).then(
          (got) => judge(name, expected, got),
          (error: unknown) => ({ name, difference: null, wrong: messageOf(error) }),
        );
        parts.push(part);
        if (part.wrong !== null) break;
      }
    } finally {
      await cpu.close();
    }
  } finally {
    await device.close();
  }
  return { subject, parts, passed: parts.every((part) => part.wrong === null), seconds: (performance.now() - start) / 1000, day };
}
