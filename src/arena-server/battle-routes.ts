/** Prompts, streams, votes, reports. */
import type { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { Arena } from './arena.js';
import { addTurn, battleOf, type NewTurn, newBattleId, openBattleOf, promptsSince, report, startBattle, turnsOf } from './battles.js';
import { CHOICES } from './choice.js';
import { normalPrompt } from './fair-play.js';
import { keyedHash } from './identity.js';
import { RequestError } from './request-error.js';
import { bodyOf, type Env, signedIn } from './requests.js';
import { castVote, reveal, voteOn } from './votes.js';

/** The page makes this up for each prompt: sent again, the same request starts nothing new. */
const REQUEST = z.string().regex(/^[\w-]{16,64}$/);
const PROMPT = z.strictObject({ request: REQUEST, prompt: z.string(), battle: z.string().max(64).nullable() });
const choice = z.enum(CHOICES);
const VOTE = z.strictObject({
  content: choice,
  language: choice,
  whole: choice.nullable(),
  reason: z.string().max(2000).nullable(),
  revision: z.number().int().min(1).max(1_000_000),
});
const REPORT = z.strictObject({ message: z.string().trim().min(1).max(2000) });
const NOTHING = z.strictObject({});
const DAY_MS = 24 * 3600 * 1000;
const PING_MS = 15_000;

/** Adds the routes to the application. */
export function battleRoutes(app: Hono<Env>, arena: Arena): void {
  const { config, db } = arena;

  app.post('/api/prompts', async (c) => {
    const participant = await signedIn(arena, c);
    const body = await bodyOf(c, PROMPT);
    const turn = newTurn(body.request, body.prompt);
    if (body.battle !== null) {
      await checkLimits(participant.id, body.request);
      const earlier = await turnsOf(db, (await battleOf(db, body.battle, participant.id)).id);
      const added = await addTurn(db, body.battle, participant.id, turn, config.turns, arena.now());
      if (added.created) await run(body.battle, participant.id, added.turn, body.prompt, earlier);
      return c.json({ battle: body.battle, turn: added.turn }, 201);
    }
    const [known] = await db.all('select id from battles where participant = ? and request = ?', participant.id, body.request);
    if (typeof known?.id === 'string') return c.json({ battle: known.id, turn: 1 }, 201);
    await checkLimits(participant.id, body.request);
    const id = newBattleId();
    const drawn = await arena.matchmaker.draw(id);
    if (drawn === null) throw new RequestError('no-models');
    const started = await startBattle(
      db,
      {
        id,
        participant: participant.id,
        language: participant.language,
        modelA: drawn.left,
        modelB: drawn.right,
        draw: JSON.stringify([drawn]),
      },
      turn,
      arena.now(),
    );
    if (started.created)
      arena.turns.start({ battle: id, turn: 1, prompt: body.prompt, modelA: drawn.left, modelB: drawn.right, draws: [drawn], earlier: [] });
    return c.json({ battle: started.id, turn: 1 }, 201);
  });

  function newTurn(request: string, prompt: string): NewTurn {
    const length = [...prompt].length;
    if (prompt.trim() === '') throw new RequestError('empty-prompt');
    if (length > config.limits.prompt_characters) throw new RequestError('long-prompt', String(length));
    return { request, prompt, promptHash: keyedHash(arena.secret, 'prompt', normalPrompt(prompt)), owner: arena.process };
  }

  async function checkLimits(participant: string, request: string): Promise<void> {
    const known = await db.all(
      'select 1 as one from turns t join battles b on b.id = t.battle where b.participant = ? and t.request = ?',
      participant,
      request,
    );
    if (known.length > 0) return;
    const wait = arena.limits.prompts.take(participant);
    if (wait > 0) throw new RequestError('slow-down', 'prompts', wait);
    if ((await promptsSince(db, participant, arena.now() - DAY_MS)) >= config.limits.prompts_per_day)
      throw new RequestError('daily-limit', 'prompts');
  }

  async function run(
    battle: string,
    participant: string,
    turn: number,
    prompt: string,
    earlier: Awaited<ReturnType<typeof turnsOf>>,
  ): Promise<void> {
    const { modelA, modelB } = await battleOf(db, battle, participant);
    arena.turns.start({ battle, turn, prompt, modelA, modelB, draws: [], earlier });
  }

  app.get('/api/battles/:id', async (c) => {
    const participant = await signedIn(arena, c);
    const battle = await battleOf(db, c.req.param('id'), participant.id);
    const turns = await turnsOf(db, battle.id);
    return c.json({
      id: battle.id,
      state: battle.state,
      turns: turns.map((t) => ({ turn: t.turn, prompt: t.prompt, state: t.state, a: t.answerA, b: t.answerB })),
      vote: await voteOn(db, battle.id),
      // Names after the vote alone.
      models: battle.revealed ? { a: battle.modelA, b: battle.modelB } : null,
    });
  });

  app.get('/api/battles/:id/turns/:turn', async (c) => {
    const participant = await signedIn(arena, c);
    const battle = await battleOf(db, c.req.param('id'), participant.id);
    const turn = Number(c.req.param('turn'));
    if (!Number.isInteger(turn) || turn < 1) throw new RequestError('not-found', 'turn');
    // A browser that lost the connection says what it had last.
    const last = Number(c.req.header('last-event-id') ?? -1);
    const from = Number.isInteger(last) && last >= 0 ? last + 1 : 0;
    return streamSSE(c, async (stream) => {
      const over = new AbortController();
      stream.onAbort(() => over.abort());
      const ping = setInterval(() => void stream.write(': still here\n\n'), PING_MS);
      try {
        let at = from;
        for await (const event of arena.turns.follow(battle.id, turn, participant.id, from, over.signal)) {
          const data = 'a' in event ? { a: event.a, b: event.b } : {};
          await stream.writeSSE({ id: String(at++), event: event.kind, data: JSON.stringify(data) });
        }
      } finally {
        clearInterval(ping);
      }
    });
  });

  app.put('/api/battles/:id/vote', async (c) => {
    const participant = await signedIn(arena, c);
    const body = await bodyOf(c, VOTE);
    const reason = body.reason?.trim() ?? '';
    const stored = await castVote(db, c.req.param('id'), participant.id, { ...body, reason: reason === '' ? null : reason }, arena.now());
    return c.json({ vote: stored });
  });

  app.post('/api/battles/:id/reveal', async (c) => {
    const participant = await signedIn(arena, c);
    await bodyOf(c, NOTHING);
    return c.json({ models: await reveal(db, c.req.param('id'), participant.id, arena.now()) });
  });

  app.post('/api/battles/:id/report', async (c) => {
    const participant = await signedIn(arena, c);
    const { message } = await bodyOf(c, REPORT);
    await report(db, c.req.param('id'), participant.id, message, arena.now());
    return c.json({ ok: true });
  });

  app.get('/api/open-battle', async (c) => {
    const participant = await signedIn(arena, c);
    return c.json({ battle: (await openBattleOf(db, participant.id))?.id ?? null });
  });
}
