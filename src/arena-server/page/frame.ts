/// <reference lib="dom" />
/** What both pages are made of: words, the line that says how things stand, requests, and the elements that make requests. Nothing reads text as markup. */
import { byId, h } from '../../page/dom.js';
import { languageFor } from '../../page/words.js';
import { wordsOf } from './words.js';

export const main = byId('main');
const status = byId('status');
const words = wordsOf(languageFor([document.documentElement.lang]));

/**
 * Returns a word of the page in its language, with `{name}` filled in.
 */
export function word(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Says how things stand. */
export function say(text: string): void {
  status.className = '';
  status.textContent = text;
}

/** A request that was refused; `word` is the key of a sentence, in which `n` is filled in. */
export class Refused extends Error {
  constructor(
    readonly word: string,
    readonly n = '',
  ) {
    super(word);
  }
}

/** State of the page: its token against forged requests, and what it does where a request was refused (true: nothing is to be said then). */
export const page = { csrf: '', refused: (_word: string): boolean => false };

/** Says what went wrong. */
export function failed(error: unknown): void {
  const refused = error instanceof Refused ? error : new Refused('error.bad-request');
  if (page.refused(refused.word)) return;
  status.className = 'error';
  status.textContent = word(refused.word, { n: refused.n });
  if (refused !== error) throw error;
}

/** Waits between the attempts of a request. */
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 8000, 8000, 8000];

/**
 * Sends a request and returns the answer's JSON. Every change can be sent twice without harm: where nothing answers, or the arena cannot store, it is sent again for half a minute.
 * Throws `Refused`.
 */
export async function call<T>(method: 'GET' | 'POST' | 'PUT', path: string, body: object = {}): Promise<T> {
  const headers = { 'content-type': 'application/json', 'x-arena-csrf': page.csrf };
  const request = method === 'GET' ? {} : { method, headers, body: JSON.stringify(body) };
  for (const wait of [...WAITS_MS, null]) {
    const reply = await fetch(path, request).catch(() => null);
    if (reply?.ok === true) {
      if (status.textContent === word('error.connection')) say('');
      // What this program's own server wrote: the types on both sides are those of one file.
      const answer: T = await reply.json();
      return answer;
    }
    const said: { readonly error?: string; readonly detail?: string } = (await reply?.json().catch(() => null)) ?? {};
    const { error = 'connection', detail } = said;
    if (wait === null || (error !== 'storage' && error !== 'connection')) throw new Refused(`error.${error}`, detail);
    say(word('error.connection'));
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  throw new Refused('error.connection');
}

/** Does something, and says what goes wrong. */
export function attempt(act: () => unknown): void {
  void (async () => act())().catch(failed);
}

/** Returns a button that does something. */
export function button(
  label: string,
  act: () => unknown,
  properties: Readonly<Record<string, string | boolean | null>> = {},
): HTMLButtonElement {
  return h('button', { type: 'button', ...properties, onclick: () => attempt(act) }, label);
}

/** Returns the button of a form. */
export function submitButton(label: string): HTMLButtonElement {
  return h('button', { type: 'submit', class: 'main' }, label);
}

/** Returns a form that sends itself once at a time; `entered` returns what stands in a field, empty for a box that is not checked. */
export function form(
  send: (entered: (name: string) => string) => Promise<unknown>,
  ...children: readonly (HTMLElement | null)[]
): HTMLFormElement {
  let busy = false;
  const made = h('form', {}, ...children);
  const entered = (name: string): string => {
    const value = new FormData(made).get(name);
    return typeof value === 'string' ? value : '';
  };
  made.addEventListener('submit', (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    attempt(() =>
      send(entered).finally(() => {
        busy = false;
      }),
    );
  });
  return made;
}
