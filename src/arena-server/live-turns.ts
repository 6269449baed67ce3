/** Turns that run in this process: both endpoints asked, failures replaced before anything is shown, both answers shown at one pace, and stored. */
import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../at.js';
import { Answer } from './answer.js';
import { finishTurn, isAlive, replaceModels, type Turn, turnsOf, voidBattle } from './battles.js';
import type { ArenaConfig } from './config.js';
import type { Draw } from './draw.js';
import type { AnswerStream, ChatMessage } from './endpoint.js';
import type { EndpointHealth } from './endpoint-health.js';
import type { Matchmaker } from './matchmaker.js';
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
  /** Draws another model for one side. */
  readonly draw: Matchmaker;
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

type Side = 'a' | 'b';

/** Lets others wait for the next change of something. */
class Bell {
  #waiting: (() => void)[] = [];

  readonly ring = (): void => {
    for (const one of this.#waiting.splice(0)) one();
  };

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

/** A turn that runs in this process, or did a moment ago. */
interface Live {
  readonly events: TurnEvent[];
  readonly bell: Bell;
  over: boolean;
  readonly stop: AbortController;
}

/** The turns of one process. */
export class LiveTurns {
  readonly #turns = new Map<string, Live>();
  readonly #running = new Set<Promise<void>>();
  /** Characters that both sides must have before either is shown. */
  readonly #lead: number;

  constructor(private readonly options: LiveTurnsOptions) {
    const { lead_seconds, characters_per_second } = options.config.pace;
    this.#lead = lead_seconds === 'all' ? Number.POSITIVE_INFINITY : Math.max(1, lead_seconds * characters_per_second);
  }

  /** Runs a turn: asks both models, shows their answers, stores them. */
  start(plan: TurnPlan): void {
    const key = `${plan.battle}/${plan.turn}`;
    const live: Live = { events: [], bell: new Bell(), over: false, stop: new AbortController() };
    this.#turns.set(key, live);
    const work = this.#run(plan, live)
      .catch((error: unknown) => {
        this.options.log(`a turn failed: ${String(error)}`);
        return false;
      })
      .then((stored) => {
        live.events.push({ kind: stored ? 'done' : 'void' });
        live.over = true;
        live.bell.ring();
        this.#running.delete(work);
        setTimeout(() => this.#turns.delete(key), KEPT_MS).unref();
      });
    this.#running.add(work);
  }

  /** Returns whether the turn was stored; the battle of one that is not is void. */
  async #run(plan: TurnPlan, live: Live): Promise<boolean> {
    const { db, config, health, now } = this.options;
    const answers = { a: this.#ask(plan, live, 'a', plan.modelA), b: this.#ask(plan, live, 'b', plan.modelB) };
    live.stop.signal.addEventListener('abort', live.bell.ring);
    try {
      const begun = await this.#replaceFailed(plan, live, answers);
      const shown = now();
      if (!begun || !(await this.#show(live, answers))) {
        await this.#untilStored(() => voidBattle(db, plan.battle, plan.turn));
        return false;
      }
      for (const { model } of Object.values(answers)) health.worked(model.name);
      const { a, b } = sidesOf(answers);
      const named = givesName(config.identity_words, [a, b], [plan.prompt, ...plan.earlier.map((t) => t.prompt)]);
      return await this.#untilStored(() => finishTurn(db, plan.battle, plan.turn, { a, b, shown, finished: now(), named }));
    } finally {
      for (const answer of Object.values(answers)) answer.stop();
    }
  }

  #ask(plan: TurnPlan, live: Live, side: Side, name: string): Answer {
    const { stream, config } = this.options;
    const model = config.models.find((m) => m.name === name);
    if (model === undefined) throw new Error('a battle of a model that the arena does not have any more');
    const earlier = plan.earlier.flatMap((t): ChatMessage[] => [
      { role: 'user', content: t.prompt },
      { role: 'assistant', content: t[side] ?? '' },
    ]);
    const messages: ChatMessage[] = [...earlier, { role: 'user', content: plan.prompt }];
    return new Answer(stream, model, messages, config.timeouts, this.#lead, live.bell.ring);
  }

  #noteFailure({ model, reason }: Answer, when: string): void {
    this.options.log(`${model.name}: ${reason}${when}`);
    this.options.health.failed(model.name);
  }

  /** Waits until both answers may be shown, and replaces those that fail. False where that is not to be, or the turn is stopped. */
  async #replaceFailed(plan: TurnPlan, live: Live, answers: Record<Side, Answer>): Promise<boolean> {
    const draws = [...plan.draws];
    const tried = { a: [plan.modelA], b: [plan.modelB] };
    while (!live.stop.signal.aborted) {
      const side = (['a', 'b'] as const).find((one) => answers[one].state === 'failed');
      if (side === undefined) {
        if (mayBegin(sidesOf(answers), this.#lead)) return true;
        await live.bell.next();
        continue;
      }
      this.#noteFailure(answers[side], '');
      const keep = answers[side === 'a' ? 'b' : 'a'].model.name;
      const name = await this.#replacement(plan, draws, side, keep, tried[side]);
      if (name === null) return false;
      tried[side].push(name);
      answers[side] = this.#ask(plan, live, side, name);
    }
    return false;
  }

  async #replacement(plan: TurnPlan, draws: Draw[], side: Side, keep: string, tried: readonly string[]): Promise<string | null> {
    const { db, draw } = this.options;
    // A conversation stays with its models: one more try of the same.
    if (plan.earlier.length > 0) return tried.length > 1 ? null : at(tried, 0);
    if (tried.length > MOST_REPLACEMENTS) return null;
    const drawn = await draw(`${plan.battle}/${draws.length}`, { model: keep, side: side === 'a' ? 'right' : 'left' }, tried);
    if (drawn === null) return null;
    draws.push(drawn);
    await this.#untilStored(() => replaceModels(db, plan.battle, drawn.left, drawn.right, JSON.stringify(draws)));
    return side === 'a' ? drawn.left : drawn.right;
  }

  /** Shows both answers to their end. False where one fails, or the turn is stopped. */
  async #show(live: Live, answers: Record<Side, Answer>): Promise<boolean> {
    const step = Math.max(2, Math.round((this.options.config.pace.characters_per_second * TICK_MS) / 1000));
    for (let shown: Shown = { a: 0, b: 0 }; ; ) {
      const sides = sidesOf(answers);
      if (isOver(sides, shown)) return true;
      const failed = Object.values(answers).filter((answer) => answer.state === 'failed');
      for (const answer of failed) this.#noteFailure(answer, ', after it was shown');
      if (failed.length > 0 || live.stop.signal.aborted) return false;
      const next = advance(sides, shown, step);
      if (next.a > shown.a || next.b > shown.b) {
        live.events.push({ kind: 'text', a: sides.a.slice(shown.a, next.a), b: sides.b.slice(shown.b, next.b) });
        live.bell.ring();
      }
      shown = next;
      if (!isOver(sides, shown)) await sleep(TICK_MS);
    }
  }

  /** A database that is away comes back; the answers wait for it. */
  async #untilStored<T>(work: () => Promise<T>): Promise<T> {
    const end = this.options.now() + STORE_MS;
    while (true) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StorageError) || this.options.now() > end) throw error;
        await sleep(POLL_MS);
      }
    }
  }

  /** Yields the events of a turn that exists from number `from` on, wherever it runs. Ends with `done` or `void`, or when the signal is aborted. */
  async *follow(battle: string, turn: number, from: number, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    const live = this.#turns.get(`${battle}/${turn}`);
    if (live === undefined) return yield* this.#elsewhere(battle, turn, signal);
    signal.addEventListener('abort', live.bell.ring);
    for (let next = from; !signal.aborted; ) {
      const event = live.events[next];
      if (event !== undefined) {
        next++;
        yield event;
      } else if (live.over) return;
      else await live.bell.next();
    }
  }

  /** A turn that is over, or that another process runs: it is shown whole when it is stored. */
  async *#elsewhere(battle: string, turn: number, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    const { db } = this.options;
    for (; !signal.aborted; await sleep(POLL_MS)) {
      const found = (await turnsOf(db, battle)).find((t) => t.turn === turn);
      if (found?.state === 'done') {
        yield { kind: 'whole', a: found.a ?? '', b: found.b ?? '' };
        yield { kind: 'done' };
        return;
      }
      if (found?.state === 'running' && !(await this.#isLost(found))) continue;
      await voidBattle(db, battle, turn);
      yield { kind: 'void' };
      return;
    }
  }

  /** Its process is gone, or it is this one, which does not run it (any more). */
  async #isLost(turn: Turn): Promise<boolean> {
    const { db, process, now } = this.options;
    if (turn.owner === process) return now() - turn.started > START_MS;
    return !(await isAlive(db, turn.owner, now()));
  }

  /** Ends all turns; their battles are void. */
  async close(): Promise<void> {
    for (const live of this.#turns.values()) live.stop.abort();
    await Promise.allSettled(this.#running);
  }
}

function sidesOf({ a, b }: Readonly<Record<Side, Answer>>): Sides {
  return { a: a.text(), b: b.text(), wholeA: a.state === 'whole', wholeB: b.state === 'whole' };
}

/**
 * Tells whether an answer holds one of the words that give a model away, as a word of its own, and no prompt had it before.
 */
export function givesName(words: readonly string[], answers: readonly string[], prompts: readonly string[]): boolean {
  const holds = (text: string, word: string): boolean =>
    new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'iu').test(text);
  return words.some((word) => answers.some((text) => holds(text, word)) && !prompts.some((text) => holds(text, word)));
}
