/** What routes ask of a request: who sends it, from where, in which language, and what it says. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { parseAccept } from 'hono/utils/accept';
import { type ZodType, z } from 'zod';
import { languageFor, type PageLanguage } from '../page/words.js';
import type { Arena } from './arena.js';
import { addressHash } from './identity.js';
import { type Participant, participantOf } from './participants.js';
import { RequestError } from './request-error.js';

/** What the Node server hands to every route. */
export type Env = { readonly Bindings: HttpBindings };
export type ArenaContext = Context<Env>;

/** The body of a request that says nothing. */
export const NOTHING = z.strictObject({});

/** The keyed hash of where a request comes from; the address itself goes no further. */
export function placeOf(arena: Arena, c: ArenaContext): string {
  return addressHash(arena.secret, arena.guard.address(c, c.env?.incoming?.socket.remoteAddress ?? ''));
}

/** Throws `RequestError` where somebody guesses secrets (passphrases, passwords, invitations) too fast. */
export function slowGuessing(arena: Arena, c: ArenaContext): void {
  arena.limits.attempts.take(placeOf(arena, c), 'attempts');
}

/** The page's language: chosen, else remembered, else the browser's. */
export function languageOf(arena: Arena, c: ArenaContext): PageLanguage {
  const chosen = c.req.query('lang');
  const wishes = parseAccept(c.req.header('accept-language') ?? '').filter((wish) => wish.q > 0);
  const language = languageFor([chosen, getCookie(c, 'arena-language'), ...wishes.map((wish) => wish.type), arena.config.language]);
  if (chosen === language) setCookie(c, 'arena-language', chosen, { sameSite: 'Strict', path: '/', maxAge: 365 * 24 * 3600 });
  return language;
}

/** Tells whether a participant consented to the present texts. */
export function hasConsented(arena: Arena, { consent, guidelines }: Participant): boolean {
  return consent === arena.config.privacy.version && guidelines === arena.config.guidelines.version;
}

/** Returns who sends a request, or throws `RequestError`: not signed in, banned, or consent to the present texts missing. */
export async function signedIn(arena: Arena, c: ArenaContext, { consented } = { consented: true }): Promise<Participant> {
  const participant = await participantOf(arena.db, arena.guard.visitor(c), arena.now());
  if (participant === null) throw new RequestError('sign-in');
  if (participant.banned !== null) throw new RequestError('banned');
  if (consented && !hasConsented(arena, participant)) throw new RequestError('consent-needed');
  return participant;
}

/** Returns the JSON of a request in the shape of a schema, or throws `RequestError`. */
export async function bodyOf<T>(c: ArenaContext, schema: ZodType<T>): Promise<T> {
  const content: unknown = await c.req.json().catch((error: unknown) => {
    throw error instanceof RequestError ? error : new RequestError('bad-request', 'no JSON');
  });
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new RequestError('bad-request', parsed.error.issues[0]?.path.join('.') ?? '');
  return parsed.data;
}
