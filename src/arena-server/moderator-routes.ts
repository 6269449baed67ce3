/** The moderator's side: numbers, flags, bans, reports, exports. */
import type { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import type { Arena } from './arena.js';
import { battlesCsv, releasedLines } from './export.js';
import { suspects } from './observations.js';
import { deleteParticipant, setBan } from './participants.js';
import { participation } from './participation.js';
import { RequestError } from './request-error.js';
import { type ArenaContext, bodyOf, type Env, NOTHING, slowGuessing } from './requests.js';
import { type Sql, select } from './sql.js';

const PASSWORD = z.strictObject({ password: z.string().max(1000) });
const BAN = z.strictObject({ participant: z.string().max(64), banned: z.boolean(), note: z.string().max(500) });
const PARTICIPANT = z.strictObject({ participant: z.string().max(64) });
/** Reports shown at once, the latest first. */
const MOST_REPORTS = 100;

/** What the moderator's page starts from. */
export interface ModeratorStart {
  readonly csrf: string;
}

/** A report, with the last turn of its battle. */
const REPORT = z.object({
  message: z.string(),
  created: z.number(),
  participant: z.string(),
  prompt: z.string(),
  modelA: z.string(),
  modelB: z.string(),
  a: z.string().nullable(),
  b: z.string().nullable(),
});
export type Report = z.infer<typeof REPORT>;
export type Overview = Awaited<ReturnType<typeof overviewOf>>;

async function overviewOf({ db, rankings }: Arena) {
  return {
    participation: await participation(db),
    rankings: await rankings.read(),
    suspects: await suspects(db),
    reports: await lastReports(db),
  };
}

function lastReports(db: Sql): Promise<Report[]> {
  return select(
    db,
    REPORT,
    `select r.message, r.created, b.participant, t.prompt, b.model_a as "modelA", b.model_b as "modelB", t.answer_a as a, t.answer_b as b
     from reports r join battles b on b.id = r.battle join turns t on t.battle = b.id and t.turn = (select max(u.turn) from turns u where u.battle = b.id)
     order by r.created desc limit ${MOST_REPORTS}`,
  );
}

/** Adds the routes to the application. */
export function moderatorRoutes(app: Hono<Env>, arena: Arena): void {
  const { config, db, guard } = arena;

  app.get('/api/moderator/start', (c) => {
    const start: ModeratorStart = { csrf: guard.csrf(guard.visitor(c)) };
    return c.json(start);
  });

  app.post('/api/moderator/sign-in', async (c) => {
    slowGuessing(arena, c);
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
    return c.json(await overviewOf(arena));
  });

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

  function attachment(c: ArenaContext, file: string, type: string): void {
    guard.checkModerator(c);
    c.header('content-type', `${type}; charset=utf-8`);
    c.header('content-disposition', `attachment; filename="${file}"`);
  }

  const options = { secret: arena.secret, systemPrompt: config.system_prompt };
  app.get('/api/moderator/battles.csv', async (c) => {
    attachment(c, 'battles.csv', 'text/csv');
    return c.body(await battlesCsv(db, options));
  });

  app.get('/api/moderator/battles.jsonl', (c) => {
    attachment(c, 'battles.jsonl', 'application/x-ndjson');
    return stream(c, async (out) => {
      for await (const line of releasedLines(db, options)) await out.write(line);
    });
  });
}
