import { UserError } from '../errors.js';

/** What a template could not do with its values, as one line; whoever knows task and document, or the model, adds them. */
export class TemplateError extends UserError {
  override readonly name: string = 'TemplateError';
}

/** What a template says itself with `raise_exception`. */
export class TemplateRefusal extends TemplateError {
  override readonly name: string = 'TemplateRefusal';
}

/** Characters, items and nodes that one rendering may walk over, copy and print; a prompt takes some hundred thousand. */
const MAX_WORK = 10_000_000;
/** Levels of statements, expressions and macro calls inside one another; beyond them the stack could run out. */
const MAX_LEVELS = 1_500;
let left = MAX_WORK;
let levels = 0;

/**
 * Begins a rendering: what it may do is counted from here. Renderings never overlap.
 */
export function startWork(): void {
  left = MAX_WORK;
  levels = 0;
}

/**
 * Counts work before it is done, in characters, items and evaluated nodes. Throws `TemplateError` when the rendering has used up what it may do:
 * templates come from strangers' files, and a few operations can make a text that fills the memory.
 */
export function spend(work: number): void {
  left -= Math.ceil(work);
  if (!(left >= 0)) throw new TemplateError(`the template makes too much of its values (more than ${MAX_WORK} characters and items)`);
}

/**
 * Returns what `inside` gives, counting `depth` levels while it runs. Throws `TemplateError` when calls nest too deeply.
 */
export function nested<T>(depth: number, inside: () => T): T {
  levels += depth;
  if (levels > MAX_LEVELS) throw new TemplateError('the template calls itself too deeply');
  try {
    return inside();
  } finally {
    levels -= depth;
  }
}
