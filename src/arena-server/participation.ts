/** Who took part, and when. */
import { number, type Sql, text } from './sql.js';
import { COUNTS } from './tallies.js';

/** Numbers by day, education and level of Basque. */
export interface Participation {
  readonly participants: number;
  readonly voters: number;
  readonly banned: number;
  readonly battles: number;
  readonly votes: number;
  /** Battles that are none because a side failed. */
  readonly voided: number;
  /** Battles that do not count because an answer gave a model's name away. */
  readonly named: number;
  /** Votes by day (UTC), first to last. */
  readonly days: readonly { readonly name: string; readonly votes: number }[];
  readonly education: readonly Group[];
  readonly level: readonly Group[];
}

export interface Group {
  readonly name: string;
  readonly participants: number;
  readonly votes: number;
}

/**
 * Returns participation so far; votes are those that count.
 */
export async function participation(db: Sql): Promise<Participation> {
  const [people] = await db.all('select count(*) as n, count(banned) as banned from participants');
  const [battles] = await db.all(
    "select count(*) as n, sum(case when state = 'void' then 1 else 0 end) as voided, sum(named) as named from battles",
  );
  const counted = `from votes v join battles b on b.id = v.battle join participants p on p.id = b.participant where ${COUNTS}`;
  const [votes] = await db.all(`select count(*) as n, count(distinct b.participant) as voters ${counted}`);
  // Days since 1970: whole division is the same in both databases.
  const days = await db.all(`select v.created / 86400000 as day, count(*) as n ${counted} group by v.created / 86400000 order by day`);
  return {
    participants: number(people, 'n'),
    voters: number(votes, 'voters'),
    banned: number(people, 'banned'),
    battles: number(battles, 'n'),
    votes: number(votes, 'n'),
    voided: Number(battles?.voided ?? 0),
    named: Number(battles?.named ?? 0),
    days: days.map((row) => ({ name: new Date(number(row, 'day') * 86_400_000).toISOString().slice(0, 10), votes: number(row, 'n') })),
    education: await groups(db, 'education', counted),
    level: await groups(db, 'level', counted),
  };
}

async function groups(db: Sql, column: 'education' | 'level', counted: string): Promise<Group[]> {
  const people = await db.all(`select ${column} as name, count(*) as n from participants group by ${column} order by ${column}`);
  const votes = new Map(
    (await db.all(`select p.${column} as name, count(*) as n ${counted} group by p.${column}`)).map((row) => [
      text(row, 'name'),
      number(row, 'n'),
    ]),
  );
  return people.map((row) => ({ name: text(row, 'name'), participants: number(row, 'n'), votes: votes.get(text(row, 'name')) ?? 0 }));
}
