/** The moderator's side: numbers, flags, bans, reports, exports. */
import type { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import type { Arena } from './arena.js';
import { battlesCsv, releasedLines } from './export.js';
import { suspects } from './observations.js';
import { wordsOf } from './page/words.js';
import { deleteParticipant, setBan } from './participants.js';
import { participation } from './participation.js';
import { RequestError } from './request-error.js';
import { bodyOf, type Env, languageOf, placeOf } from './requests.js';
import { number, text, textOrNull } from './sql.js';

const PASSWORD = z.strictObject({ password: z.string().max(1000) });
const BAN = z.strictObject({ participant: z.string().max(64), banned: z.boolean(), note: z.string().max(500) });
const PARTICIPANT = z.strictObject({ participant: z.string().max(64) });
const NOTHING = z.strictObject({});
/** Reports shown at once, the latest first. */
const MOST_REPORTS = 100;

/** Adds the routes to the application. */
export function moderatorRoutes(app: Hono<Env>, arena: Arena): void {
  const { config, db, guard } = arena;

  app.get('/api/moderator/start', (c) => {
    const language = languageOf(arena, c);
    return c.json({ csrf: guard.csrf(guard.visitor(c)), language, words: wordsOf(language), name: config.name[language] });
  });

  app.post('/api/moderator/sign-in', async (c) => {
    const wait = arena.limits.attempts.take(placeOf(arena, c));
    if (wait > 0) throw new RequestError('slow-down', 'attempts', wait);
    guard.signInModerator(c, (await bodyOf(c, PASSWORD)).password);
    return c.json({ ok: true });
  });

  app.post('/api/moderator/sign-out', async (c) => {
    await bodyOf(c, NOTHING);
    guard.signOutModerator(c);
    return c.json({ ok: true });
  });

  app.get('/api/moderator/overview', async (c) => {
    guard.checkModerator(c);
    const [numbers, rankings, people, reports] = [
      await participation(db),
      await arena.rankings.read(),
      await suspects(db),
      await lastReports(),
    ];
    return c.json({ participation: numbers, rankings, suspects: people, reports });
  });

  async function lastReports(): Promise<unknown[]> {
    const rows = await db.all(
      `select r.battle, r.message, r.created, b.participant, b.model_a, b.model_b, t.prompt, t.answer_a, t.answer_b
       from reports r join battles b on b.id = r.battle join turns t on t.battle = b.id and t.turn = (select max(u.turn) from turns u where u.battle = b.id)
       order by r.created desc limit ${MOST_REPORTS}`,
    );
    return rows.map((row) => ({
      message: text(row, 'message'),
      created: number(row, 'created'),
      participant: text(row, 'participant'),
      prompt: text(row, 'prompt'),
      a: { model: text(row, 'model_a'), answer: textOrNull(row, 'answer_a') ?? '' },
      b: { model: text(row, 'model_b'), answer: textOrNull(row, 'answer_b') ?? '' },
    }));
  }

  app.post('/api/moderator/ban', async (c) => {
    guard.checkModerator(c);
    const { participant, banned, note } = await bodyOf(c, BAN);
    if (!(await setBan(db, participant, banned, note, arena.now()))) throw new RequestError('not-found', 'participant');
    arena.rankings.forget();
    return c.json({ ok: true });
  });

  app.post('/api/moderator/delete', async (c) => {
    guard.checkModerator(c);
    if (!(await deleteParticipant(db, (await bodyOf(c, PARTICIPANT)).participant))) throw new RequestError('not-found', 'participant');
    arena.rankings.forget();
    return c.json({ ok: true });
  });

  const options = { secret: arena.secret, systemPrompt: config.system_prompt };
  app.get('/api/moderator/battles.csv', async (c) => {
    guard.checkModerator(c);
    c.header('content-type', 'text/csv; charset=utf-8');
    c.header('content-disposition', 'attachment; filename="battles.csv"');
    return c.body(await battlesCsv(db, options));
  });

  app.get('/api/moderator/battles.jsonl', (c) => {
    guard.checkModerator(c);
    c.header('content-type', 'application/x-ndjson; charset=utf-8');
    c.header('content-disposition', 'attachment; filename="battles.jsonl"');
    return stream(c, async (out) => {
      for await (const line of releasedLines(db, options)) await out.write(line);
    });
  });
}
