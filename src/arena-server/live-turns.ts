/** Turns that run in this process: both endpoints asked, failures replaced before anything is shown, both answers shown at one pace, and stored. */
import { type Answer, startAnswer } from './answer.js';
import { battleOf, finishTurn, isAlive, replaceModels, type Turn, turnsOf, voidBattle } from './battles.js';
import type { ArenaConfig, ArenaModelConfig } from './config.js';
import type { Draw } from './draw.js';
import type { AnswerStream, ChatMessage } from './endpoint.js';
import type { EndpointHealth } from './endpoint-health.js';
import { advance, isOver, mayBegin, type Shown, type Sides } from './pace.js';
import { type Database, StorageError } from './sql.js';

/** What a participant's page hears of a turn. `text` carries what is new on each side, `whole` everything. */
export type TurnEvent =
  | { readonly kind: 'text' | 'whole'; readonly a: string; readonly b: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'void' };

/** A turn to run. */
export interface TurnPlan {
  readonly battle: string;
  readonly turn: number;
  readonly prompt: string;
  readonly modelA: string;
  readonly modelB: string;
  /** Draws so far; replacements are added to the record. */
  readonly draws: readonly Draw[];
  /** Earlier turns, which bind the models. */
  readonly earlier: readonly Turn[];
}

export interface LiveTurnsOptions {
  readonly db: Database;
  readonly config: ArenaConfig;
  readonly stream: AnswerStream;
  /** Name of this process. */
  readonly process: string;
  /** Draws another model for one side; null where none is left. */
  readonly redraw: (name: string, keep: string, side: 'left' | 'right', without: readonly string[]) => Promise<Draw | null>;
  readonly health: EndpointHealth;
  /** A line for the moderator about an endpoint that failed. */
  readonly log: (line: string) => void;
  readonly now: () => number;
}

const TICK_MS = 200;
/** Replacements of one side before the battle is given up. */
const MOST_REPLACEMENTS = 3;
/** Milliseconds that a finished turn can still be read from memory. */
const KEPT_MS = 60_000;
/** Milliseconds between looks at a turn that another process runs. */
const POLL_MS = 500;
/** Milliseconds between the storing of a turn and its start, at most. */
const START_MS = 5_000;
/** Milliseconds that answers wait for a database that is away. */
const STORE_MS = 120_000;

interface Live {
  readonly events: TurnEvent[];
  wake: (() => void)[];
  over: boolean;
  readonly stop: AbortController;
}

/** The turns of one process. */
export interface LiveTurns {
  start(plan: TurnPlan): void;
  /** Yields the events of a turn from number `from` on, wherever it runs. Ends with `done` or `void`, or when the signal is aborted. */
  follow(battle: string, turn: number, participant: string, from: number, signal: AbortSignal): AsyncGenerator<TurnEvent>;
  /** Turns that run now. */
  readonly running: number;
  /** Ends all turns; their battles are void. */
  close(): Promise<void>;
}

/**
 * Returns the turns of this process.
 */
export function liveTurns(options: LiveTurnsOptions): LiveTurns {
  const { db, config } = options;
  const turns = new Map<string, Live>();
  const byName = new Map(config.models.map((m) => [m.name, m]));
  const running = new Set<Promise<void>>();
  /** Characters that both sides must have before either is shown. */
  const lead =
    config.pace.lead_seconds === 'all'
      ? Number.POSITIVE_INFINITY
      : Math.max(1, config.pace.lead_seconds * config.pace.characters_per_second);
  const key = (battle: string, turn: number): string => `${battle}/${turn}`;

  function start(plan: TurnPlan): void {
    const live: Live = { events: [], wake: [], over: false, stop: new AbortController() };
    turns.set(key(plan.battle, plan.turn), live);
    const work = run(plan, live)
      .catch((error: unknown) => {
        options.log(`a turn failed: ${String(error)}`);
        emit(live, { kind: 'void' });
      })
      .finally(() => {
        running.delete(work);
        live.over = true;
        emit(live, null);
        setTimeout(() => turns.delete(key(plan.battle, plan.turn)), KEPT_MS).unref();
      });
    running.add(work);
  }

  function emit(live: Live, event: TurnEvent | null): void {
    if (event !== null && !live.over) live.events.push(event);
    for (const one of live.wake.splice(0)) one();
  }

  function history(plan: TurnPlan, side: 'a' | 'b'): ChatMessage[] {
    const earlier = plan.earlier.flatMap((t): ChatMessage[] => [
      { role: 'user', content: t.prompt },
      { role: 'assistant', content: (side === 'a' ? t.answerA : t.answerB) ?? '' },
    ]);
    return [...earlier, { role: 'user', content: plan.prompt }];
  }

  function ask(plan: TurnPlan, side: 'a' | 'b', name: string): Answer {
    const model: ArenaModelConfig | undefined = byName.get(name);
    if (model === undefined) throw new Error('a battle of a model that the arena does not have any more');
    return startAnswer(options.stream, model, history(plan, side), config.timeouts, lead);
  }

  async function run(plan: TurnPlan, live: Live): Promise<void> {
    let [a, b] = [ask(plan, 'a', plan.modelA), ask(plan, 'b', plan.modelB)];
    const draws = [...plan.draws];
    const tried = { a: [plan.modelA], b: [plan.modelB] };
    const fail = async (): Promise<void> => {
      a.stop();
      b.stop();
      await untilStored(() => voidBattle(db, plan.battle, plan.turn));
      emit(live, { kind: 'void' });
    };
    const stopped = aborted(live.stop.signal);
    // Before anything is shown: wait for both, replace what fails.
    while (true) {
      if (live.stop.signal.aborted) return fail();
      const side = a.state === 'failed' ? 'a' : b.state === 'failed' ? 'b' : null;
      if (side === null) {
        if (mayBegin(sidesOf(a, b), lead)) break;
        await Promise.race([a.changed(), b.changed(), stopped]);
        continue;
      }
      const [failed, other] = side === 'a' ? [a, b] : [b, a];
      options.log(`${failed.model.name}: ${failed.reason}`);
      options.health.failed(failed.model.name);
      if (tried[side].length > MOST_REPLACEMENTS) return fail();
      if (plan.earlier.length > 0) {
        // A conversation stays with its models: one more try of the same.
        if (tried[side].length > 1) return fail();
        tried[side].push(failed.model.name);
      } else {
        const drawn = await options.redraw(
          `${plan.battle}/${draws.length}`,
          other.model.name,
          side === 'a' ? 'right' : 'left',
          tried[side],
        );
        if (drawn === null) return fail();
        draws.push(drawn);
        tried[side].push(side === 'a' ? drawn.left : drawn.right);
        await untilStored(() => replaceModels(db, plan.battle, drawn.left, drawn.right, JSON.stringify(draws)));
      }
      const next = ask(plan, side, tried[side].at(-1) ?? '');
      if (side === 'a') a = next;
      else b = next;
    }
    const shownAt = options.now();
    const step = Math.max(2, Math.round((config.pace.characters_per_second * TICK_MS) / 1000));
    let now: Shown = { a: 0, b: 0 };
    let sides = sidesOf(a, b);
    while (!isOver(sides, now)) {
      if (live.stop.signal.aborted || a.state === 'failed' || b.state === 'failed') {
        for (const one of [a, b])
          if (one.state === 'failed') {
            options.log(`${one.model.name}: ${one.reason}, after it was shown`);
            options.health.failed(one.model.name);
          }
        return fail();
      }
      const next = advance(sides, now, step);
      if (next.a > now.a || next.b > now.b) emit(live, { kind: 'text', a: sides.a.slice(now.a, next.a), b: sides.b.slice(now.b, next.b) });
      now = next;
      if (isOver(sides, now)) break;
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      sides = sidesOf(a, b);
    }
    for (const one of [a, b]) options.health.worked(one.model.name);
    const named = givesName(config.identity_words, [sides.a, sides.b], [plan.prompt, ...plan.earlier.map((t) => t.prompt)]);
    const result = { answerA: sides.a, answerB: sides.b, shown: shownAt, finished: options.now(), named };
    const stored = await untilStored(() => finishTurn(db, plan.battle, plan.turn, result));
    emit(live, stored ? { kind: 'done' } : { kind: 'void' });
  }

  /** A database that is away comes back; the answers wait for it. */
  async function untilStored<T>(work: () => Promise<T>): Promise<T> {
    const end = options.now() + STORE_MS;
    while (true) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StorageError) || options.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  async function* follow(battle: string, turn: number, participant: string, from: number, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    // Asked first, so that nobody reads another's battle from memory either.
    await battleOf(db, battle, participant);
    const live = turns.get(key(battle, turn));
    if (live === undefined) {
      yield* elsewhere(battle, turn, signal);
      return;
    }
    const gone = aborted(signal);
    for (let at = from; !signal.aborted; ) {
      const event = live.events[at];
      if (event !== undefined) {
        at++;
        yield event;
      } else if (live.over) return;
      else {
        await Promise.race([new Promise<void>((resolve) => live.wake.push(resolve)), gone]);
      }
    }
  }

  /** A turn that is over, or that another process runs: it is shown whole when it is stored. */
  async function* elsewhere(battle: string, turn: number, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    while (!signal.aborted) {
      const found = (await turnsOf(db, battle)).find((t) => t.turn === turn);
      if (found?.state === 'done') {
        yield { kind: 'whole', a: found.answerA ?? '', b: found.answerB ?? '' };
        yield { kind: 'done' };
        return;
      }
      const lost = found?.state === 'running' && (await isLost(found));
      if (lost) await voidBattle(db, battle, turn);
      if (found === undefined || found.state === 'failed' || lost) {
        yield { kind: 'void' };
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Its process is gone, or it is this one, which does not run it (any more). */
  async function isLost(turn: Turn): Promise<boolean> {
    if (turn.owner === options.process) return options.now() - turn.started > START_MS;
    return !(await isAlive(db, turn.owner, options.now()));
  }

  return {
    start,
    follow,
    get running() {
      return running.size;
    },
    close: async () => {
      for (const live of turns.values()) live.stop.abort();
      await Promise.allSettled(running);
    },
  };
}

function sidesOf(a: Answer, b: Answer): Sides {
  return { a: a.text(), b: b.text(), wholeA: a.state === 'whole', wholeB: b.state === 'whole' };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Tells whether an answer holds one of the words that give a model away, as a word of its own, and no prompt had it before.
 */
export function givesName(words: readonly string[], answers: readonly string[], prompts: readonly string[]): boolean {
  const holds = (text: string, word: string): boolean =>
    new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'iu').test(text);
  return words.some((word) => answers.some((text) => holds(text, word)) && !prompts.some((text) => holds(text, word)));
}
