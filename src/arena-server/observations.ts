/** The votes of participants as the fair-play heuristics look at them. */
import { z } from 'zod';
import { CHOICES } from './choice.js';
import { type Flag, flagsOf, normalPrompt, type ObservedVote } from './fair-play.js';
import { type Sql, select } from './sql.js';
import { strengthsOf } from './strengths.js';
import { tallies } from './tallies.js';

/** A participant with flags, or banned. */
export interface Suspect {
  readonly participant: string;
  readonly votes: number;
  readonly banned: boolean;
  readonly banReason: string;
  readonly registered: number;
  /** Participants who registered from the same address within a day, this one among them. */
  readonly sameAddress: number;
  readonly flags: readonly Flag[];
}

const SENDERS = z.object({ prompt: z.string(), n: z.number() });
const PERSON = z.object({
  participant: z.string(),
  banned: z.number().nullable(),
  reason: z.string().nullable(),
  registered: z.number(),
  sameAddress: z.number(),
});
const choice = z.enum(CHOICES);
const VOTE = z.object({
  participant: z.string(),
  left: z.string(),
  right: z.string(),
  content: choice,
  language: choice,
  whole: choice,
  milliseconds: z.number(),
  characters: z.number(),
  prompt: z.string(),
  promptHash: z.string(),
});

/**
 * Returns everybody with flags, and everybody banned; the most suspicious first. Reads all votes: for the moderator's page, not for every request.
 */
export async function suspects(db: Sql): Promise<Suspect[]> {
  const strengths = strengthsOf(await tallies(db, 'global'));
  const sent = await select(
    db,
    SENDERS,
    'select prompt_hash as prompt, count(distinct b.participant) as n from turns t join battles b on b.id = t.battle group by prompt_hash',
  );
  const senders = new Map(sent.map(({ prompt, n }) => [prompt, n]));
  const votes = await observedVotes(db);
  const people = await select(
    db,
    PERSON,
    `select p.id as participant, p.banned, p.ban_reason as reason, p.created as registered, (select count(*) from participants q where q.address = p.address
       and q.created > p.created - 86400000 and q.created < p.created + 86400000) as "sameAddress" from participants p`,
  );
  const all = people.map(({ banned, reason, ...person }): Suspect => {
    const own = votes.get(person.participant) ?? [];
    const flags = flagsOf(person.participant, own, strengths, senders);
    return { ...person, votes: own.length, banned: banned !== null, banReason: reason ?? '', flags };
  });
  return all.filter((s) => s.flags.length > 0 || s.banned).sort((x, y) => y.flags.length - x.flags.length || y.votes - x.votes);
}

async function observedVotes(db: Sql): Promise<ReadonlyMap<string, readonly ObservedVote[]>> {
  const votes = await select(
    db,
    VOTE,
    `select b.participant, b.model_a as "left", b.model_b as "right", v.content, v.language, v.whole, v.created - t.shown as milliseconds, t.prompt,
       t.prompt_hash as "promptHash", length(t.answer_a) + length(t.answer_b) as characters
     from votes v join battles b on b.id = v.battle join turns t on t.battle = b.id and t.turn = (select max(u.turn) from turns u where u.battle = b.id)
     where b.state <> 'void' order by v.created`,
  );
  const found = new Map<string, ObservedVote[]>();
  for (const { participant, milliseconds, prompt, ...vote } of votes) {
    const own = found.get(participant) ?? [];
    found.set(participant, own);
    own.push({ ...vote, seconds: milliseconds / 1000, promptLetters: normalPrompt(prompt).replaceAll(' ', '').length });
  }
  return found;
}
