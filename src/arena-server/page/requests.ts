/// <reference lib="dom" />
/** Requests to the arena, sent again while it is away: every change can be sent twice without harm. */

/** A request that was refused; `word` is the key of a sentence. */
export class Refused extends Error {
  constructor(
    readonly word: string,
    readonly detail: string,
  ) {
    super(word);
  }
}

const WAITS_MS = [500, 1000, 2000, 4000, 8000, 8000, 8000, 8000];

/** What requests of a page share: its token against forged requests, and how it says that it tries again. */
export interface Caller {
  csrf: string;
  trying: (again: boolean) => void;
}

/**
 * Sends a request and returns the answer's JSON. Where nothing answers, or the arena cannot store, it is sent again for half a minute.
 * Throws `Refused`.
 */
export async function call(caller: Caller, method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    const wait = WAITS_MS[attempt];
    try {
      const reply = await fetch(path, {
        method,
        ...(method === 'GET'
          ? {}
          : { headers: { 'content-type': 'application/json', 'x-arena-csrf': caller.csrf }, body: JSON.stringify(body ?? {}) }),
      });
      if (reply.ok) {
        caller.trying(false);
        return await reply.json();
      }
      const said: unknown = await reply.json().catch(() => ({}));
      const word = field(said, 'error') || 'connection';
      if ((word === 'storage' || word === 'connection') && wait !== undefined) throw new TypeError('again');
      throw new Refused(`error.${word}`, field(said, 'detail'));
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (wait === undefined) throw new Refused('error.connection', '');
      caller.trying(true);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** Returns a field of text of something that came over the network, or ''. */
export function field(value: unknown, name: string): string {
  const found = part(value, name);
  return typeof found === 'string' ? found : '';
}

/** Returns a field of something that came over the network. */
export function part(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

/** Returns a field that is a list, or an empty one. */
export function items(value: unknown, name: string): readonly unknown[] {
  const found = part(value, name);
  return Array.isArray(found) ? found : [];
}

/** Returns a name for a prompt, so that the same prompt sent twice is one. */
export function newRequest(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}
