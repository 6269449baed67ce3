import { isArray } from '../python/json.js';
import { strip } from '../python/strings.js';
import type { Doc, PreparedDoc, Template } from '../types.js';

/**
 * Returns the letters that answer a document of a letter choice by generation (how API models are asked), or null for any other document.
 */
export function lettersOf(prepared: PreparedDoc): readonly string[] | null {
  const { task, choices, doc } = prepared;
  if (task.outputType !== 'generate_until' || task.docToChoice === null) return null;
  const letters = choices ?? listed(task.docToChoice, doc);
  return letters.length > 0 && letters.every((letter) => /^[A-Z]$/.test(letter)) ? letters : null;
}

/** The choices that do not depend on a rendered template. */
function listed(template: Template, doc: Doc): readonly string[] {
  if (template.kind === 'list') return template.items;
  const found = template.kind === 'hook' ? template.call(doc) : null;
  return found !== null && isArray(found) ? found.map(String) : [];
}

/**
 * Returns whether an answer names exactly one of the letters as a word of its own, in either case: `C`, ` c.`, `(C) Bilbo`. An empty answer, a
 * word that begins with the letter and a list of all letters choose nothing.
 */
export function namesOneLetter(answer: string, letters: readonly string[]): boolean {
  const words = strip(answer)
    .toUpperCase()
    .split(/[^\p{L}\p{N}_]+/u);
  return letters.filter((letter) => words.includes(letter)).length === 1;
}
