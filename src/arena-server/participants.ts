/** Participants: registration, coming back, deletion, bans. */
import { z } from 'zod';
import { PAGE_LANGUAGES } from '../page/words.js';
import { digest, makePassphrase, randomId, randomToken, tokenDigest } from './identity.js';
import { RequestError } from './request-error.js';
import { count, type Database, type Sql, select } from './sql.js';

/** What participants may say about themselves: ranges, so that nobody is recognised by them. The level of Basque is in steps of the Common European Framework. */
export const LEVELS = ['A1-A2', 'B1-B2', 'C1-C2', 'native'] as const;
export const EDUCATIONS = ['primary', 'secondary', 'vocational', 'bachelor', 'master', 'doctorate'] as const;
export const AGES = ['under-25', '25-39', '40-54', '55-69', '70-over'] as const;

/** Milliseconds that a browser stays signed in. */
const SESSION_MS = 60 * 24 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;

/** What a participant says at registration. */
export const PROFILE = z.strictObject({
  language: z.enum(PAGE_LANGUAGES),
  level: z.enum(LEVELS),
  education: z.enum(EDUCATIONS),
  age: z.enum(AGES).nullable(),
  shareTexts: z.boolean(),
});

const PARTICIPANT = z.object({
  id: z.string(),
  language: z.string(),
  banned: z.number().nullable(),
  consent: z.string(),
  guidelines: z.string(),
  shareTexts: z.number(),
});
/** What is known of a signed-in participant; `banned` is when. */
export type Participant = z.infer<typeof PARTICIPANT>;

/** Versions of the texts that a participant consents to. */
export type Versions = Pick<Participant, 'consent' | 'guidelines'>;

/** Conditions of a registration. */
export interface Admission {
  readonly versions: Versions;
  /** Keyed hash of the network address. */
  readonly address: string;
  readonly mostPerAddressAndDay: number;
  /** Null where the arena is open; otherwise a code of the list, which lets one participant in. */
  readonly invitation: string | null;
}

/**
 * Registers a participant. Returns the passphrase, which is stored nowhere, and the token of the session.
 * Throws `RequestError` for an invitation that was used, and for too many registrations from one address.
 */
export async function register(
  db: Database,
  profile: z.infer<typeof PROFILE>,
  admission: Admission,
  now: number,
): Promise<{ readonly passphrase: string; readonly token: string }> {
  const [id, passphrase] = [randomId(), makePassphrase()];
  const { versions, address, mostPerAddressAndDay, invitation } = admission;
  const token = await db.transaction(async (sql) => {
    const recent = await count(sql, 'select count(*) as n from participants where address = ? and created > ?', address, now - DAY_MS);
    if (recent >= mostPerAddressAndDay) throw new RequestError('daily-limit', 'registrations', 3600);
    const made = await sql.run(
      `insert into participants (id, created, language, level, education, age, consent_version, guidelines_version, share_texts, passphrase, invitation, address)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
      ...[id, now, profile.language, profile.level, profile.education, profile.age, versions.consent, versions.guidelines],
      ...[profile.shareTexts ? 1 : 0, digest(passphrase), invitation === null ? null : digest(invitation), address],
    );
    if (made === 0) throw new RequestError('wrong-invitation', 'used');
    return openSession(sql, id, now);
  });
  return { passphrase, token };
}

/**
 * Returns the token of a new session for who knows a passphrase. Throws `RequestError` where nobody has it.
 */
export async function comeBack(db: Database, passphrase: string, now: number): Promise<string> {
  return db.transaction(async (sql) => {
    const [known] = await select(sql, z.object({ id: z.string() }), 'select id from participants where passphrase = ?', digest(passphrase));
    if (known === undefined) throw new RequestError('wrong-passphrase');
    return openSession(sql, known.id, now);
  });
}

async function openSession(sql: Sql, participant: string, now: number): Promise<string> {
  const token = randomToken();
  await sql.run('insert into sessions (token, participant, created) values (?, ?, ?)', tokenDigest(token), participant, now);
  return token;
}

/** Returns who a session token belongs to, or null. */
export async function participantOf(db: Sql, token: string, now: number): Promise<Participant | null> {
  const [known] = await select(
    db,
    PARTICIPANT,
    `select p.id, p.language, p.banned, p.consent_version as consent, p.guidelines_version as guidelines, p.share_texts as "shareTexts"
     from sessions s join participants p on p.id = s.participant where s.token = ? and s.created > ?`,
    tokenDigest(token),
    now - SESSION_MS,
  );
  return known ?? null;
}

/** Notes that a participant accepted the present versions, and whether texts may be published. */
export async function consent(db: Database, participant: string, versions: Versions, shareTexts: boolean): Promise<void> {
  await db.run(
    'update participants set consent_version = ?, guidelines_version = ?, share_texts = ? where id = ?',
    ...[versions.consent, versions.guidelines, shareTexts ? 1 : 0, participant],
  );
}

/** Ends one session. */
export async function signOut(db: Database, token: string): Promise<void> {
  await db.run('delete from sessions where token = ?', tokenDigest(token));
}

/**
 * Deletes a participant with all texts, battles and votes; nothing of them is left but in earlier backups and exports. Returns whether there was one.
 */
export async function deleteParticipant(db: Database, participant: string): Promise<boolean> {
  const deleted = await db.transaction(async (sql) => {
    for (const table of ['votes', 'reports', 'turns'])
      await sql.run(`delete from ${table} where battle in (select id from battles where participant = ?)`, participant);
    await sql.run('delete from battles where participant = ?', participant);
    await sql.run('delete from sessions where participant = ?', participant);
    await sql.run('delete from actions where target = ?', participant);
    return (await sql.run('delete from participants where id = ?', participant)) > 0;
  });
  await db.scrub();
  return deleted;
}

/**
 * Bans a participant or takes the ban back. Votes stay where they are and count again with the ban gone. Returns whether there is such a participant.
 */
export async function setBan(db: Database, participant: string, banned: boolean, note: string, now: number): Promise<boolean> {
  return db.transaction(async (sql) => {
    const [since, reason] = banned ? [now, note] : [null, null];
    const changed = await sql.run('update participants set banned = ?, ban_reason = ? where id = ?', since, reason, participant);
    if (changed === 0) return false;
    const values = [randomId(), now, banned ? 'ban' : 'unban', participant, note];
    await sql.run('insert into actions (id, at, action, target, note) values (?, ?, ?, ?, ?)', ...values);
    return true;
  });
}
