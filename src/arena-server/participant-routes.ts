/** Registration, coming back, consent, leaving. */
import type { Hono } from 'hono';
import { z } from 'zod';
import { PAGE_LANGUAGES } from '../page/words.js';
import type { Arena } from './arena.js';
import { openBattleOf } from './battles.js';
import { digest } from './identity.js';
import { wordsOf } from './page/words.js';
import { comeBack, consent, deleteParticipant, participantOf, register, signOut } from './participants.js';
import { AGES, EDUCATIONS, LEVELS } from './profile.js';
import { RequestError } from './request-error.js';
import { bodyOf, type Env, languageOf, placeOf, signedIn } from './requests.js';

const versions = { privacyVersion: z.string(), guidelinesVersion: z.string() };
const REGISTRATION = z.strictObject({
  language: z.enum(PAGE_LANGUAGES),
  level: z.enum(LEVELS),
  education: z.enum(EDUCATIONS),
  age: z.enum(AGES).nullable(),
  shareTexts: z.boolean(),
  consent: z.literal(true),
  invitation: z.string().max(100).nullable(),
  ...versions,
});
const CONSENT = z.strictObject({ consent: z.literal(true), shareTexts: z.boolean(), ...versions });
const PASSPHRASE = z.strictObject({ passphrase: z.string().max(200) });
const NOTHING = z.strictObject({});

/** Adds the routes to the application. */
export function participantRoutes(app: Hono<Env>, arena: Arena): void {
  const { config, db, guard } = arena;
  const invitations = new Set(config.invitations.map(digest));
  const current = { consent: config.privacy.version, guidelines: config.guidelines.version };

  app.get('/api/start', async (c) => {
    const token = guard.visitor(c);
    const language = languageOf(arena, c);
    const participant = await participantOf(db, token, arena.now());
    const open = participant === null ? null : await openBattleOf(db, participant.id);
    return c.json({
      csrf: guard.csrf(token),
      language,
      words: wordsOf(language),
      name: config.name[language],
      guidelines: { version: config.guidelines.version, text: config.guidelines[language] },
      privacy: { version: config.privacy.version, text: config.privacy[language] },
      profile: { levels: LEVELS, educations: EDUCATIONS, ages: AGES },
      invitationNeeded: config.registration === 'invitation',
      rankingPublic: config.ranking === 'public',
      mostCharacters: config.limits.prompt_characters,
      mostTurns: config.turns,
      participant:
        participant === null
          ? null
          : {
              banned: participant.banned,
              shareTexts: participant.shareTexts,
              consented: participant.consentVersion === current.consent && participant.guidelinesVersion === current.guidelines,
            },
      battle: open?.id ?? null,
    });
  });

  app.post('/api/register', async (c) => {
    const body = await bodyOf(c, REGISTRATION);
    if (body.privacyVersion !== current.consent || body.guidelinesVersion !== current.guidelines)
      throw new RequestError('consent-needed', 'the texts have changed');
    let invitation: string | null = null;
    if (config.registration === 'invitation') {
      // Guessing codes is slowed down like guessing passphrases.
      const wait = arena.limits.attempts.take(placeOf(arena, c));
      if (wait > 0) throw new RequestError('slow-down', 'attempts', wait);
      invitation = body.invitation ?? '';
      if (!invitations.has(digest(invitation))) throw new RequestError('wrong-invitation');
    }
    const { passphrase, token } = await register(
      db,
      body,
      {
        versions: current,
        address: placeOf(arena, c),
        mostPerAddressAndDay: config.limits.registrations_per_address_per_day,
        invitation,
      },
      arena.now(),
    );
    guard.renew(c, token);
    return c.json({ passphrase, csrf: guard.csrf(token) }, 201);
  });

  app.post('/api/return', async (c) => {
    const wait = arena.limits.attempts.take(placeOf(arena, c));
    if (wait > 0) throw new RequestError('slow-down', 'attempts', wait);
    const { passphrase } = await bodyOf(c, PASSPHRASE);
    const token = await comeBack(db, passphrase, arena.now());
    guard.renew(c, token);
    return c.json({ csrf: guard.csrf(token) });
  });

  app.post('/api/consent', async (c) => {
    const participant = await signedIn(arena, c, { consented: false });
    const body = await bodyOf(c, CONSENT);
    if (body.privacyVersion !== current.consent || body.guidelinesVersion !== current.guidelines)
      throw new RequestError('consent-needed', 'the texts have changed');
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
