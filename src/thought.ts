/**
 * The thought that a model writes before its answer (`<think>...</think>`), told from the answer in the text. A text without a mark is left as it
 * is, so that a model that does not think is treated as if there were no such thing.
 */
import { lstrip, rstrip } from './python/strings.js';
import type { GenerateRequest, ThoughtRule } from './types.js';

/** What ends a thought where nothing else is said. */
export const DEFAULT_MARK = '</think>';

/** Where the thought of a text ends. */
export type Thought =
  | { readonly kind: 'none' }
  /** A thought that was begun and has no end. */
  | { readonly kind: 'open' }
  /** `end` is the index of the first character of the answer; blanks before it belong to the thought. */
  | { readonly kind: 'ended'; readonly end: number };

/**
 * Returns the mark that opens a thought ended by `mark`: the same without its first slash (`</think>` and `<think>`, `[/THINK]` and `[THINK]`), or null
 * where the mark has no slash.
 */
export function openingOf(mark: string): string | null {
  const slash = mark.indexOf('/');
  return slash === -1 || mark.length === 1 ? null : mark.slice(0, slash) + mark.slice(slash + 1);
}

/**
 * Tells whether a prompt has opened the thought already, as some chat templates do.
 */
export function beginsInThought(context: GenerateRequest['context'], { mark }: ThoughtRule): boolean {
  const opening = openingOf(mark);
  return typeof context === 'string' && opening !== null && rstrip(context).endsWith(opening);
}

/**
 * Finds the thought of a text: everything up to the last mark. `begun` says that the prompt has opened it (`beginsInThought`).
 */
export function findThought(text: string, { mark }: ThoughtRule, begun: boolean): Thought {
  const at = text.lastIndexOf(mark);
  const behind = at === -1 ? 0 : at + mark.length;
  const opening = openingOf(mark);
  if (opening !== null && text.indexOf(opening, behind) !== -1) return { kind: 'open' };
  if (at === -1) return { kind: begun ? 'open' : 'none' };
  return { kind: 'ended', end: text.length - lstrip(text.slice(behind)).length };
}

/**
 * Returns the text cut before the first stop string, and whether one was found. Empty stop strings are ignored.
 */
export function cutAtStop(text: string, until: readonly string[]): { readonly text: string; readonly found: boolean } {
  let end = -1;
  for (const stop of until) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at !== -1 && (end === -1 || at < end)) end = at;
  }
  return end === -1 ? { text, found: false } : { text: text.slice(0, end), found: true };
}

/**
 * Cuts a text as `cutAtStop` does, but behind its thought only: a thought is kept whole, and one without an end is not cut at all.
 */
export function cutBehindThought(
  text: string,
  until: readonly string[],
  rule: ThoughtRule | undefined,
  begun: boolean,
): { readonly text: string; readonly found: boolean } {
  const thought: Thought = rule === undefined ? { kind: 'none' } : findThought(text, rule, begun);
  if (thought.kind === 'none') return cutAtStop(text, until);
  if (thought.kind === 'open') return { text, found: false };
  const cut = cutAtStop(text.slice(thought.end), until);
  return { text: text.slice(0, thought.end) + cut.text, found: cut.found };
}

/**
 * Tells whether an answer ended at a stop string inside its thought: a server that was sent stop strings cannot tell the two apart, and the request is
 * to be sent again without them.
 */
export function stoppedInThought(text: string, finish: 'stop' | 'length', rule: ThoughtRule | undefined): boolean {
  return rule !== undefined && finish === 'stop' && findThought(text, rule, false).kind === 'open';
}
