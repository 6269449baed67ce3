/** What routes ask of a request: who sends it, from where, in which language, and what it says. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { ZodType } from 'zod';
import type { PageLanguage } from '../page/words.js';
import type { Arena } from './arena.js';
import { addressHash } from './identity.js';
import { isPageLanguage, preferredLanguage } from './languages.js';
import { type Participant, participantOf } from './participants.js';
import { RequestError } from './request-error.js';

/** What the Node server hands to every route. */
export type Env = { readonly Bindings: HttpBindings };
export type ArenaContext = Context<Env>;

/** The keyed hash of where a request comes from; the address itself goes no further. */
export function placeOf(arena: Arena, c: ArenaContext): string {
  return addressHash(arena.secret, arena.guard.address(c, c.env?.incoming?.socket.remoteAddress ?? ''));
}

/** The page's language: chosen, else remembered, else the browser's. */
export function languageOf(arena: Arena, c: ArenaContext): PageLanguage {
  const chosen = c.req.query('lang');
  if (isPageLanguage(chosen)) {
    setCookie(c, 'arena-language', chosen, { sameSite: 'Strict', path: '/', maxAge: 365 * 24 * 3600 });
    return chosen;
  }
  const kept = getCookie(c, 'arena-language');
  return isPageLanguage(kept) ? kept : preferredLanguage(c.req.header('accept-language') ?? '', arena.config.language);
}

/** Returns who sends a request, or throws `RequestError`: not signed in, banned, or consent to the present texts missing. */
export async function signedIn(
  arena: Arena,
  c: ArenaContext,
  options: { readonly consented: boolean } = { consented: true },
): Promise<Participant> {
  const participant = await participantOf(arena.db, arena.guard.visitor(c), arena.now());
  if (participant === null) throw new RequestError('sign-in');
  if (participant.banned) throw new RequestError('banned');
  const { guidelines, privacy } = arena.config;
  const current = participant.consentVersion === privacy.version && participant.guidelinesVersion === guidelines.version;
  if (options.consented && !current) throw new RequestError('consent-needed');
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
