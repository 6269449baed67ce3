/** Who took part, and when. */
import { z } from 'zod';
import { count, type Sql, select } from './sql.js';
import { COUNTED } from './tallies.js';

/** Numbers by day, education and level of Basque. */
export type Participation = Awaited<ReturnType<typeof participation>>;

const GROUP = z.object({ name: z.string(), participants: z.number(), votes: z.number() });
type Group = z.infer<typeof GROUP>;
const DAY = z.object({ day: z.number(), votes: z.number() });
const DAY_MS = 86_400_000;

/**
 * Returns participation so far; votes are those that count.
 */
export async function participation(db: Sql) {
  // Days since 1970: whole division is the same in both databases.
  const days = await select(db, DAY, `select v.created / ${DAY_MS} as day, count(*) as votes from ${COUNTED} group by 1 order by 1`);
  return {
    participants: await count(db, 'select count(*) as n from participants'),
    voters: await count(db, `select count(distinct b.participant) as n from ${COUNTED}`),
    banned: await count(db, 'select count(banned) as n from participants'),
    battles: await count(db, 'select count(*) as n from battles'),
    votes: await count(db, `select count(*) as n from ${COUNTED}`),
    /** Battles that are none because a side failed. */
    voided: await count(db, "select count(*) as n from battles where state = 'void'"),
    /** Battles that do not count because an answer gave a model's name away. */
    named: await count(db, 'select count(*) as n from battles where named = 1'),
    /** Votes by day (UTC), first to last. */
    days: days.map(({ day, votes }) => ({ name: new Date(day * DAY_MS).toISOString().slice(0, 10), votes })),
    education: await groups(db, 'education'),
    level: await groups(db, 'level'),
  };
}

async function groups(db: Sql, column: 'education' | 'level'): Promise<Group[]> {
  const votes = `select count(*) from ${COUNTED} and p.${column} = people.${column}`;
  const query = `select ${column} as name, count(*) as participants, (${votes}) as votes from participants people group by ${column} order by ${column}`;
  return select(db, GROUP, query);
}
