/** Prompts, streams, votes, reports. */
import type { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { Arena } from './arena.js';
import { addTurn, type Battle, battleOf, type NewTurn, promptsSince, report, startBattle, turnOfRequest, turnsOf } from './battles.js';
import { normalPrompt } from './fair-play.js';
import { keyedHash, randomId } from './identity.js';
import type { Participant } from './participants.js';
import { RequestError } from './request-error.js';
import { bodyOf, type Env, NOTHING, signedIn } from './requests.js';
import type { Sql } from './sql.js';
import { castVote, reveal, VOTE, voteOn } from './votes.js';

/** The page makes this up for each prompt: sent again, the same request starts nothing new. */
const REQUEST = z.string().regex(/^[\w-]{16,64}$/);
const PROMPT = z.strictObject({ request: REQUEST, prompt: z.string(), battle: z.string().max(64).nullable() });
const REPORT = z.strictObject({ message: z.string().trim().min(1).max(2000) });
const DAY_MS = 24 * 3600 * 1000;
const PING_MS = 15_000;

/** What came of a battle that is over: its models by their sides. */
export interface Revealed {
  readonly models: { readonly a: string; readonly b: string };
}

/** A battle as its participant may see it: the names of the models after the vote alone. */
export type BattleView = Awaited<ReturnType<typeof viewOf>>;

async function viewOf(db: Sql, { id, state, revealed, modelA, modelB }: Battle) {
  const turns = (await turnsOf(db, id)).map(({ turn, prompt, state, a, b }) => ({ turn, prompt, state, a, b }));
  return { id, state, turns, vote: await voteOn(db, id), models: revealed === null ? null : { a: modelA, b: modelB } };
}

/** Adds the routes to the application. */
export function battleRoutes(app: Hono<Env>, arena: Arena): void {
  const { config, db } = arena;

  app.post('/api/prompts', async (c) => {
    const participant = await signedIn(arena, c);
    const { request, prompt, battle } = await bodyOf(c, PROMPT);
    const length = [...prompt].length;
    if (prompt.trim() === '') throw new RequestError('empty-prompt');
    if (length > config.limits.prompt_characters) throw new RequestError('long-prompt', String(config.limits.prompt_characters));
    const known = await turnOfRequest(db, participant.id, request);
    if (known !== null) return c.json(known, 201);
    arena.limits.prompts.take(participant.id, 'prompts');
    if ((await promptsSince(db, participant.id, arena.now() - DAY_MS)) >= config.limits.prompts_per_day)
      throw new RequestError('daily-limit', 'prompts');
    const promptHash = keyedHash(arena.secret, 'prompt', normalPrompt(prompt));
    const turn = { request, prompt, promptHash, owner: arena.process };
    return c.json(battle === null ? await begin(participant, turn) : await goOn(battle, participant, turn), 201);
  });

  async function begin({ id: participant, language }: Participant, turn: NewTurn): Promise<{ battle: string; turn: number }> {
    const id = randomId();
    const drawn = await arena.draw(id);
    if (drawn === null) throw new RequestError('no-models');
    const models = { modelA: drawn.left, modelB: drawn.right };
    const battle = await startBattle(db, { id, participant, language, ...models, draw: JSON.stringify([drawn]) }, turn, arena.now());
    if (battle === id) arena.turns.start({ battle, turn: 1, prompt: turn.prompt, ...models, draws: [drawn], earlier: [] });
    return { battle, turn: 1 };
  }

  async function goOn(battle: string, participant: Participant, turn: NewTurn): Promise<{ battle: string; turn: number }> {
    const added = await addTurn(db, battle, participant.id, turn, config.turns, arena.now());
    const { modelA, modelB } = added.found;
    if (added.created)
      arena.turns.start({ battle, turn: added.turn, prompt: turn.prompt, modelA, modelB, draws: [], earlier: added.earlier });
    return { battle, turn: added.turn };
  }

  app.get('/api/battles/:id', async (c) => {
    const participant = await signedIn(arena, c);
    return c.json(await viewOf(db, await battleOf(db, c.req.param('id'), participant.id)));
  });

  app.get('/api/battles/:id/turns/:turn', async (c) => {
    const participant = await signedIn(arena, c);
    const { id } = await battleOf(db, c.req.param('id'), participant.id);
    const turn = (await turnsOf(db, id)).find((t) => String(t.turn) === c.req.param('turn'))?.turn;
    if (turn === undefined) throw new RequestError('not-found', 'turn');
    // A browser that lost the connection says what it had last.
    const last = c.req.header('last-event-id') ?? '';
    let next = /^\d{1,9}$/.test(last) ? Number(last) + 1 : 0;
    return streamSSE(c, async (stream) => {
      const over = new AbortController();
      stream.onAbort(() => over.abort());
      const ping = setInterval(() => void stream.write(': still here\n\n'), PING_MS);
      try {
        for await (const { kind, ...texts } of arena.turns.follow(id, turn, next, over.signal))
          await stream.writeSSE({ id: String(next++), event: kind, data: JSON.stringify(texts) });
      } finally {
        clearInterval(ping);
      }
    });
  });

  app.put('/api/battles/:id/vote', async (c) => {
    const participant = await signedIn(arena, c);
    const vote = await bodyOf(c, VOTE);
    return c.json({ vote: await castVote(db, c.req.param('id'), participant.id, vote, arena.now()) });
  });

  app.post('/api/battles/:id/reveal', async (c) => {
    const participant = await signedIn(arena, c);
    await bodyOf(c, NOTHING);
    const revealed: Revealed = { models: await reveal(db, c.req.param('id'), participant.id, arena.now()) };
    return c.json(revealed);
  });

  app.post('/api/battles/:id/report', async (c) => {
    const participant = await signedIn(arena, c);
    const { message } = await bodyOf(c, REPORT);
    await report(db, c.req.param('id'), participant.id, message, arena.now());
    return c.json({ ok: true });
  });
}
