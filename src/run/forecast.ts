/** How long a run of a local model will take, from its first documents and a measurement: said at its start, before anything is known from answers. */
import type { Forecast, SecondsRange, Workload } from '../forecast.js';
import type { DataSource, Request, Task } from '../types.js';
import type { Expected } from './events.js';
import type { RunPlan } from './plan.js';
import { prepareTask } from './prepare-task.js';

/** Documents of each task that are looked at. */
const SAMPLED = 6;
/** Milliseconds for all of them: what is left of a long list of tasks is told from those that were looked at. */
const BUDGET_MS = 2_000;

/**
 * Returns the work of `all` documents of which the first ones were looked at: `first` alone, and `seen` documents together. What the others add to the first is what each
 * further one adds, so examples that all of them begin with count once.
 */
export function extrapolate(first: Workload, together: Workload, seen: number, all: number): Workload {
  const more = (part: keyof Workload): number =>
    seen < 2 ? first[part] * all : first[part] + ((together[part] - first[part]) / (seen - 1)) * (all - 1);
  return { tokens: more('tokens'), attended: more('attended'), rows: more('rows'), newTokens: more('newTokens') };
}

/**
 * Returns the seconds of a whole run, or null where nothing can be said: no documents were counted, or none can be read. Answers of an earlier run are not taken off.
 */
export async function forecastRun(
  forecast: Forecast,
  plan: RunPlan,
  expected: readonly Expected[],
  source: DataSource,
  now: () => number,
): Promise<SecondsRange | null> {
  const start = now();
  let known = { documents: 0, low: 0, high: 0 };
  let all = 0;
  for (const { task: name, documents } of expected) {
    all += documents;
    const task = plan.tasks.find((one) => one.name === name);
    if (task === undefined || documents === 0 || (known.documents > 0 && now() - start > BUDGET_MS)) continue;
    const seconds = await forecastTask(forecast, plan, task, source, documents).catch(() => null);
    if (seconds !== null) known = { documents: known.documents + documents, low: known.low + seconds.low, high: known.high + seconds.high };
  }
  if (known.documents === 0) return null;
  const factor = all / known.documents;
  return { low: known.low * factor, high: known.high * factor };
}

async function forecastTask(
  forecast: Forecast,
  plan: RunPlan,
  task: Task,
  source: DataSource,
  documents: number,
): Promise<SecondsRange | null> {
  const requests: Request[] = [];
  for await (const { request } of (await prepareTask(plan, task, source)).documents) {
    requests.push(request);
    if (requests.length === SAMPLED) break;
  }
  const counter = forecast.newCounter();
  const [first, ...others] = requests;
  if (first === undefined) return null;
  await counter.add(first);
  const alone = counter.total();
  for (const request of others) await counter.add(request);
  return forecast.seconds(extrapolate(alone, counter.total(), requests.length, documents));
}

/**
 * Returns a time in words that promise no more than is known: `less than a minute`, `about 2 to 3 h`.
 */
export function timeWords({ low, high }: SecondsRange): string {
  if (high < 60) return 'less than a minute';
  const [unit, name] = high < 5400 ? [60, 'min'] : high < 48 * 3600 ? [3600, 'h'] : [86_400, 'days'];
  const round = (seconds: number): string => {
    const n = seconds / unit;
    return n < 1 ? '1' : n < 3 && unit > 60 ? String(Math.round(2 * n) / 2) : String(Math.round(n));
  };
  const [from, to] = [round(low), round(high)];
  if (low < unit / 2) return `up to ${to} ${name}`;
  return from === to ? `about ${to} ${name}` : `about ${from} to ${to} ${name}`;
}
