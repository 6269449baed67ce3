import { pyEquals } from '../python/equal.js';
import { fieldOf } from '../python/fields.js';
import { isArray } from '../python/json.js';
import { pyStr } from '../python/strings.js';
import type { Doc, Value } from '../types.js';

/**
 * The few things that task files of the paper do in Python code, by name: `process_docs: NAME`, `doc_to_text: hook:NAME`,
 * `doc_to_choice: hook:NAME`, `process_results: NAME`. Code in task files is never run.
 */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Thrown reasons are short; whoever calls a hook adds task and document. */
function candidatesOf(doc: Doc): readonly Value[] {
  const candidates = fieldOf(doc, 'candidates');
  if (candidates === undefined || candidates === null || !isArray(candidates)) throw new RangeError("no list of 'candidates'");
  if (candidates.length < 2 || candidates.length > LETTERS.length) {
    throw new RangeError(`${candidates.length} candidates; 2 to ${LETTERS.length} can be lettered`);
  }
  return candidates;
}

function print(doc: Doc, field: string): string {
  const value = fieldOf(doc, field);
  if (value === undefined) throw new RangeError(`no field '${field}'`);
  return pyStr(value);
}

/** `Galdera: ...`, a line `A: ...` for each candidate, `Erantzuna:`; before it the passage, where the document has one. */
function letteredText(doc: Doc): string {
  const passage = Object.hasOwn(doc, 'context') ? `Pasartea: ${print(doc, 'context')}\n\n` : '';
  const lines = candidatesOf(doc).map((candidate, i) => `${LETTERS[i]}: ${pyStr(candidate)}`);
  return `${passage}Galdera: ${print(doc, 'question')}\n${lines.join('\n')}\nErantzuna:`;
}

function letters(doc: Doc): readonly string[] {
  return Array.from(LETTERS.slice(0, candidatesOf(doc).length));
}

function hasGroup(group: string): (doc: Doc) => boolean {
  return (doc) => fieldOf(doc, 'group') === group;
}

/** Exams hold a few questions without a right answer or without candidates. */
function isAnswerable(doc: Doc): boolean {
  const answer = fieldOf(doc, 'answer') ?? null;
  return [0, 1, 2, 3].some((x) => pyEquals(x, answer)) && !pyEquals(fieldOf(doc, 'candidates') ?? null, ['', '', '', '']);
}

/** `doc_to_text` by name. */
export const TEXT_HOOKS: Readonly<Record<string, (doc: Doc) => string>> = { lettered_candidates: letteredText };

/** `doc_to_choice` by name. */
export const CHOICE_HOOKS: Readonly<Record<string, (doc: Doc) => readonly string[]>> = { lettered_candidates: letters };

/** `process_docs` by name: which documents stay. */
export const DOCUMENT_HOOKS: Readonly<Record<string, (doc: Doc) => boolean>> = {
  answerable: isAnswerable,
  bertaqa_local: hasGroup('Euskal gaiak'),
  bertaqa_global: hasGroup('Gai orokorrak'),
};

/** `process_results` by name: scoring that is not a plain metric; `bias` is implemented with the metrics. */
export const RESULT_HOOKS: readonly string[] = ['bias'];

/** What a named hook is for. */
export type HookKind = 'doc_to_text' | 'doc_to_choice' | 'process_docs' | 'process_results';

/**
 * Returns the names of the hooks of one kind, for checks and messages.
 */
export function hookNames(kind: HookKind): readonly string[] {
  const names: Record<HookKind, readonly string[]> = {
    doc_to_text: Object.keys(TEXT_HOOKS),
    doc_to_choice: Object.keys(CHOICE_HOOKS),
    process_docs: Object.keys(DOCUMENT_HOOKS),
    process_results: RESULT_HOOKS,
  };
  return names[kind];
}

/**
 * Returns all hooks as text for a message: `doc_to_text: a; process_docs: b, c`.
 */
export function describeHooks(): string {
  const kinds: readonly HookKind[] = ['doc_to_text', 'doc_to_choice', 'process_docs', 'process_results'];
  return kinds.map((kind) => `${kind}: ${hookNames(kind).join(', ')}`).join('; ');
}
