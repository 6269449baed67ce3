/** Registration, coming back, consent, leaving. */
import type { Hono } from 'hono';
import { z } from 'zod';
import type { Arena } from './arena.js';
import { openBattleOf } from './battles.js';
import { digest } from './identity.js';
import {
  AGES,
  comeBack,
  consent,
  deleteParticipant,
  EDUCATIONS,
  LEVELS,
  PROFILE,
  participantOf,
  register,
  signOut,
} from './participants.js';
import { RequestError } from './request-error.js';
import { type ArenaContext, bodyOf, type Env, hasConsented, languageOf, NOTHING, placeOf, signedIn, slowGuessing } from './requests.js';

const CONSENT = z.strictObject({
  consent: z.literal(true),
  shareTexts: z.boolean(),
  privacyVersion: z.string(),
  guidelinesVersion: z.string(),
});
const REGISTRATION = PROFILE.extend({ ...CONSENT.shape, invitation: z.string().max(100).nullable() });
const PASSPHRASE = z.strictObject({ passphrase: z.string().max(200) });

/** What a browser is told after the registration. */
export interface Registered {
  readonly csrf: string;
  readonly passphrase: string;
}

/** What the page starts from. */
export type Start = Awaited<ReturnType<typeof startOf>>;

async function startOf(arena: Arena, c: ArenaContext) {
  const { config, db, guard } = arena;
  const token = guard.visitor(c);
  const language = languageOf(arena, c);
  const participant = await participantOf(db, token, arena.now());
  const open = participant === null ? null : await openBattleOf(db, participant.id);
  return {
    csrf: guard.csrf(token),
    language,
    name: config.name[language],
    guidelines: { version: config.guidelines.version, text: config.guidelines[language] },
    privacy: { version: config.privacy.version, text: config.privacy[language] },
    profile: { levels: LEVELS, educations: EDUCATIONS, ages: AGES },
    invitationNeeded: config.registration === 'invitation',
    rankingPublic: config.ranking === 'public',
    mostCharacters: config.limits.prompt_characters,
    mostTurns: config.turns,
    participant: participant && {
      banned: participant.banned !== null,
      shareTexts: participant.shareTexts === 1,
      consented: hasConsented(arena, participant),
    },
    battle: open?.id ?? null,
  };
}

/** Adds the routes to the application. */
export function participantRoutes(app: Hono<Env>, arena: Arena): void {
  const { config, db, guard } = arena;
  const invitations = new Set(config.invitations.map(digest));
  const current = { consent: config.privacy.version, guidelines: config.guidelines.version };

  function refuseOldTexts(seen: z.infer<typeof CONSENT>): void {
    if (seen.privacyVersion !== current.consent || seen.guidelinesVersion !== current.guidelines)
      throw new RequestError('consent-needed', 'the texts have changed');
  }

  app.get('/api/start', async (c) => c.json(await startOf(arena, c)));

  app.post('/api/register', async (c) => {
    const body = await bodyOf(c, REGISTRATION);
    refuseOldTexts(body);
    let invitation: string | null = null;
    if (config.registration === 'invitation') {
      slowGuessing(arena, c);
      invitation = body.invitation ?? '';
      if (!invitations.has(digest(invitation))) throw new RequestError('wrong-invitation');
    }
    const mostPerAddressAndDay = config.limits.registrations_per_address_per_day;
    const admission = { versions: current, address: placeOf(arena, c), mostPerAddressAndDay, invitation };
    const { passphrase, token } = await register(db, body, admission, arena.now());
    guard.renew(c, token);
    const registered: Registered = { passphrase, csrf: guard.csrf(token) };
    return c.json(registered, 201);
  });

  app.post('/api/return', async (c) => {
    slowGuessing(arena, c);
    const { passphrase } = await bodyOf(c, PASSPHRASE);
    const token = await comeBack(db, passphrase, arena.now());
    guard.renew(c, token);
    return c.json({ csrf: guard.csrf(token) });
  });

  app.post('/api/consent', async (c) => {
    const participant = await signedIn(arena, c, { consented: false });
    const body = await bodyOf(c, CONSENT);
    refuseOldTexts(body);
    await consent(db, participant.id, current, body.shareTexts);
    return c.json({ ok: true });
  });

  app.post('/api/leave', async (c) => {
    await bodyOf(c, NOTHING);
    await signOut(db, guard.visitor(c));
    return c.json({ ok: true });
  });

  app.post('/api/delete-me', async (c) => {
    await bodyOf(c, NOTHING);
    // Those who are banned, or do not consent to new texts, may still have their data deleted.
    const participant = await participantOf(db, guard.visitor(c), arena.now());
    if (participant === null) throw new RequestError('sign-in');
    await deleteParticipant(db, participant.id);
    return c.json({ ok: true });
  });

  app.get('/api/ranking', async (c) => {
    if (config.ranking !== 'public') throw new RequestError('not-found', 'ranking');
    return c.json({ rankings: await arena.rankings.read() });
  });
}
