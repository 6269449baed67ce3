/** What every request passes: headers of every answer, cookies, forged requests, addresses. */
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { quoted } from '../http/redact.js';
import { keyedHash, randomToken, sameSecret } from './identity.js';
import { RequestError } from './request-error.js';

/** Nothing but our own script and style, no frames, no forms that leave; the browser itself refuses text as markup (Trusted Types). */
const CONTENT_SECURITY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/** Headers of every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), interest-cohort=()',
  'x-frame-options': 'DENY',
};

const COOKIE = 'arena';
const MODERATOR_COOKIE = 'arena-moderator';
const SIXTY_DAYS = 60 * 24 * 3600;
const MODERATOR_MS = 8 * 3600 * 1000;

/** What the guard knows of the arena. */
export interface GuardOptions {
  readonly secret: string;
  readonly https: boolean;
  readonly origin: string | null;
  readonly trustedProxies: number;
  /** Null: there is no moderator's page. */
  readonly moderatorPassword: string | null;
  readonly now: () => number;
}

/** Cookies and checks of one arena. */
export class Guard {
  constructor(private readonly options: GuardOptions) {}

  #set(c: Context, name: string, value: string, maxAge: number): void {
    setCookie(c, name, value, { httpOnly: true, sameSite: 'Strict', secure: this.options.https, path: '/', maxAge });
  }

  /** Token of the browser, made where it has none. */
  visitor(c: Context): string {
    const known = getCookie(c, COOKIE);
    if (known !== undefined && /^[\w-]{43}$/.test(known)) return known;
    const made = randomToken();
    this.renew(c, made);
    return made;
  }

  /** Gives the browser a token of its own after it signed in, so that nobody can have planted the old one. */
  renew(c: Context, token: string): void {
    this.#set(c, COOKIE, token, SIXTY_DAYS);
  }

  /** What a page of ours must send back with every change. */
  csrf(token: string): string {
    return keyedHash(this.options.secret, 'csrf', token);
  }

  /** Throws `RequestError` for a change that did not come from our page. */
  checkChange(c: Context): void {
    const site = c.req.header('sec-fetch-site');
    if (site !== undefined && site !== 'same-origin') throw new RequestError('forbidden', 'another site');
    const origin = c.req.header('origin');
    const own = this.options.origin ?? `${this.options.https ? 'https' : 'http'}://${c.req.header('host') ?? ''}`;
    if (origin !== undefined && origin !== own)
      throw new RequestError(
        'forbidden',
        `the page is of ${quoted(origin, [])}, the arena of ${quoted(own, [])}; behind a proxy, ARENA.yaml needs origin`,
      );
    const type = c.req.header('content-type') ?? '';
    // A form of another page cannot send this type.
    if (!/^application\/json\b/.test(type)) throw new RequestError('bad-request', 'content-type');
    const token = getCookie(c, COOKIE) ?? '';
    if (!sameSecret(c.req.header('x-arena-csrf') ?? '', this.csrf(token))) throw new RequestError('forbidden', 'csrf');
  }

  /** The address at the other end; behind proxies, what the outermost trusted one says. */
  address(c: Context, socket: string): string {
    if (this.options.trustedProxies === 0) return socket;
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim());
    return hops.at(-this.options.trustedProxies) || socket;
  }

  /** The password is part of the key: a new one ends all sessions of the old. */
  #seal(until: string): string {
    return keyedHash(this.options.secret, `moderator ${this.options.moderatorPassword ?? ''}`, until);
  }

  /** Signs the moderator in, or throws `RequestError`. */
  signInModerator(c: Context, password: string): void {
    const { moderatorPassword, now } = this.options;
    if (moderatorPassword === null || !sameSecret(password, moderatorPassword)) throw new RequestError('wrong-password', 'moderator');
    const until = String(now() + MODERATOR_MS);
    this.#set(c, MODERATOR_COOKIE, `${until}.${this.#seal(until)}`, MODERATOR_MS / 1000);
  }

  signOutModerator(c: Context): void {
    this.#set(c, MODERATOR_COOKIE, '', 0);
  }

  /** Throws `RequestError` unless the moderator is signed in. */
  checkModerator(c: Context): void {
    const { moderatorPassword, now } = this.options;
    const [until = '', sealed = ''] = (getCookie(c, MODERATOR_COOKIE) ?? '').split('.');
    const valid = moderatorPassword !== null && /^\d+$/.test(until) && Number(until) > now() && sameSecret(sealed, this.#seal(until));
    if (!valid) throw new RequestError('sign-in', 'moderator');
  }
}
