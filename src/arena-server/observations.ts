/** The votes of participants as the fair-play heuristics look at them. */

import { isChoice } from './choice.js';
import { type Flag, flagsOf, normalPrompt, type ObservedVote } from './fair-play.js';
import { number, type Sql, text, textOrNull } from './sql.js';
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

/**
 * Returns everybody with flags, and everybody banned; the most suspicious first. Reads all votes: for the moderator's page, not for every request.
 */
export async function suspects(db: Sql): Promise<Suspect[]> {
  const strengths = strengthsOf(await tallies(db, 'global'));
  const senders = new Map(
    (
      await db.all(
        'select prompt_hash, count(distinct b.participant) as n from turns t join battles b on b.id = t.battle group by prompt_hash',
      )
    ).map((row) => [text(row, 'prompt_hash'), number(row, 'n')]),
  );
  const votes = await observedVotes(db);
  const people = await db.all(
    `select p.id, p.banned, p.ban_reason, p.created, (select count(*) from participants q where q.address = p.address
       and q.created > p.created - 86400000 and q.created < p.created + 86400000) as neighbours from participants p`,
  );
  const all = people.map((row): Suspect => {
    const participant = text(row, 'id');
    const own = votes.get(participant) ?? [];
    return {
      participant,
      votes: own.length,
      banned: row.banned !== null,
      banReason: textOrNull(row, 'ban_reason') ?? '',
      registered: number(row, 'created'),
      sameAddress: number(row, 'neighbours'),
      flags: flagsOf(participant, own, strengths, senders),
    };
  });
  return all.filter((s) => s.flags.length > 0 || s.banned).sort((x, y) => y.flags.length - x.flags.length || y.votes - x.votes);
}

async function observedVotes(db: Sql): Promise<ReadonlyMap<string, readonly ObservedVote[]>> {
  const rows = await db.all(
    `select b.participant, b.model_a, b.model_b, v.content, v.language, v.whole, v.created, t.prompt, t.prompt_hash, t.shown,
       length(t.answer_a) + length(t.answer_b) as characters
     from votes v join battles b on b.id = v.battle join turns t on t.battle = b.id and t.turn = (select max(u.turn) from turns u where u.battle = b.id)
     where b.state <> 'void' order by v.created`,
  );
  const found = new Map<string, ObservedVote[]>();
  for (const row of rows) {
    const [content, language, whole] = [text(row, 'content'), text(row, 'language'), text(row, 'whole')];
    if (!isChoice(content) || !isChoice(language) || !isChoice(whole)) continue;
    const participant = text(row, 'participant');
    const own = found.get(participant) ?? [];
    found.set(participant, own);
    own.push({
      content,
      language,
      whole,
      left: text(row, 'model_a'),
      right: text(row, 'model_b'),
      seconds: (number(row, 'created') - number(row, 'shown')) / 1000,
      characters: number(row, 'characters'),
      promptHash: text(row, 'prompt_hash'),
      promptLetters: normalPrompt(text(row, 'prompt')).replaceAll(' ', '').length,
    });
  }
  return found;
}
