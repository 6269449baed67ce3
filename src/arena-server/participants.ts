/** Participants: registration, coming back, deletion, bans. */

import type { PageLanguage } from '../page/words.js';
import { digest, makePassphrase, randomId, randomToken, tokenDigest } from './identity.js';
import { RequestError } from './request-error.js';
import { type Database, number, numberOrNull, type Row, type Sql, text } from './sql.js';

/** Milliseconds that a browser stays signed in. */
const SESSION_MS = 60 * 24 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;

/** What a participant says at registration. */
export interface Profile {
  readonly language: PageLanguage;
  readonly level: string;
  readonly education: string;
  readonly age: string | null;
  readonly shareTexts: boolean;
}

/** What is known of a signed-in participant. */
export interface Participant {
  readonly id: string;
  readonly language: string;
  readonly banned: boolean;
  readonly consentVersion: string;
  readonly guidelinesVersion: string;
  readonly shareTexts: boolean;
}

export interface Versions {
  readonly consent: string;
  readonly guidelines: string;
}

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
  profile: Profile,
  admission: Admission,
  now: number,
): Promise<{ readonly id: string; readonly passphrase: string; readonly token: string }> {
  const [id, passphrase] = [randomId(), makePassphrase()];
  const token = await db.transaction(async (sql) => {
    const [recent] = await sql.all(
      'select count(*) as n from participants where address = ? and created > ?',
      admission.address,
      now - DAY_MS,
    );
    if (number(recent, 'n') >= admission.mostPerAddressAndDay) throw new RequestError('daily-limit', 'registrations', 3600);
    const made = await sql.run(
      `insert into participants (id, created, language, level, education, age, consent_version, guidelines_version, share_texts, passphrase, invitation, address)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
      id,
      now,
      profile.language,
      profile.level,
      profile.education,
      profile.age,
      admission.versions.consent,
      admission.versions.guidelines,
      profile.shareTexts ? 1 : 0,
      digest(passphrase),
      admission.invitation === null ? null : digest(admission.invitation),
      admission.address,
    );
    if (made === 0) throw new RequestError('wrong-invitation', 'used');
    return openSession(sql, id, now);
  });
  return { id, passphrase, token };
}

/**
 * Returns the token of a new session for who knows a passphrase. Throws `RequestError` where nobody has it.
 */
export async function comeBack(db: Database, passphrase: string, now: number): Promise<string> {
  return db.transaction(async (sql) => {
    const [row] = await sql.all('select id from participants where passphrase = ?', digest(passphrase));
    if (row === undefined) throw new RequestError('wrong-passphrase');
    return openSession(sql, text(row, 'id'), now);
  });
}

async function openSession(sql: Sql, participant: string, now: number): Promise<string> {
  const token = randomToken();
  await sql.run('insert into sessions (token, participant, created) values (?, ?, ?)', tokenDigest(token), participant, now);
  return token;
}

/** Returns who a session token belongs to, or null. */
export async function participantOf(db: Sql, token: string, now: number): Promise<Participant | null> {
  const [row] = await db.all(
    `select p.id, p.language, p.banned, p.consent_version, p.guidelines_version, p.share_texts
     from sessions s join participants p on p.id = s.participant where s.token = ? and s.created > ?`,
    tokenDigest(token),
    now - SESSION_MS,
  );
  return row === undefined ? null : participantFrom(row);
}

function participantFrom(row: Row): Participant {
  return {
    id: text(row, 'id'),
    language: text(row, 'language'),
    banned: numberOrNull(row, 'banned') !== null,
    consentVersion: text(row, 'consent_version'),
    guidelinesVersion: text(row, 'guidelines_version'),
    shareTexts: number(row, 'share_texts') === 1,
  };
}

/** Notes that a participant accepted the present versions, and whether texts may be published. */
export async function consent(db: Database, participant: string, versions: Versions, shareTexts: boolean): Promise<void> {
  await db.run(
    'update participants set consent_version = ?, guidelines_version = ?, share_texts = ? where id = ?',
    versions.consent,
    versions.guidelines,
    shareTexts ? 1 : 0,
    participant,
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
  return db.transaction(async (sql) => {
    const ofBattles = 'where battle in (select id from battles where participant = ?)';
    await sql.run(`delete from votes ${ofBattles}`, participant);
    await sql.run(`delete from reports ${ofBattles}`, participant);
    await sql.run(`delete from turns ${ofBattles}`, participant);
    await sql.run('delete from battles where participant = ?', participant);
    await sql.run('delete from sessions where participant = ?', participant);
    await sql.run('delete from actions where target = ?', participant);
    return (await sql.run('delete from participants where id = ?', participant)) > 0;
  });
}

/**
 * Bans a participant or takes the ban back. Votes stay where they are and count again with the ban gone. Returns whether there is such a participant.
 */
export async function setBan(db: Database, participant: string, banned: boolean, note: string, now: number): Promise<boolean> {
  return db.transaction(async (sql) => {
    const changed = await sql.run(
      'update participants set banned = ?, ban_reason = ? where id = ?',
      banned ? now : null,
      banned ? note : null,
      participant,
    );
    if (changed === 0) return false;
    await sql.run(
      'insert into actions (id, at, action, target, note) values (?, ?, ?, ?, ?)',
      randomId(),
      now,
      banned ? 'ban' : 'unban',
      participant,
      note,
    );
    return true;
  });
}
