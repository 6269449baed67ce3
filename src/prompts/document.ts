import { messageOf, UserError } from '../errors.js';
import { typeOf } from '../jinja/convert.js';
import { compileTemplate } from '../jinja/template.js';
import { TemplateError } from '../jinja/work.js';
import { fieldOf } from '../python/fields.js';
import { isArray } from '../python/json.js';
import { literalEval } from '../python/literal.js';
import { isInteger } from '../python/number.js';
import { pyStr } from '../python/strings.js';
import type { Doc, Target, Task, Template, Value } from '../types.js';

/** What a task makes of one document; every function throws `UserError` without task and document, `locate` adds them. */
export interface DocumentView {
  /** The prompt; or the index of the right choice, where the choices are the prompts and the target follows each. */
  readonly text: (doc: Doc) => string | number;
  /** The target as the task file calls it; its `str` is what the target hash is taken of. */
  readonly target: (doc: Doc) => Target;
  /** Null where the task has no choices. */
  readonly choices: (doc: Doc) => readonly string[] | null;
  readonly description: (doc: Doc) => string;
  /** Null where the task has no prefix. */
  readonly genPrefix: (doc: Doc) => string | null;
}

/**
 * Returns the functions that a task's templates stand for, compiled once. Throws `UserError` naming file and field when one does not compile.
 */
export function compileTask(task: Task): DocumentView {
  const field = <T>(name: string, make: () => T): T => {
    try {
      return make();
    } catch (error) {
      throw new UserError(`${task.file}: ${name}: ${messageOf(error)}`);
    }
  };
  const { docToChoice, description, genPrefix } = task;
  const hasChoices = docToChoice !== null;
  return {
    text: field('doc_to_text', () => textOf(task.docToText, hasChoices)),
    target: field('doc_to_target', () => targetOf(task.docToTarget, hasChoices)),
    choices: docToChoice === null ? () => null : field('doc_to_choice', () => choicesOf(docToChoice)),
    description: description === '' ? () => '' : field('description', () => compileTemplate(description).render),
    genPrefix: genPrefix === null ? () => null : field('gen_prefix', () => prefixOf(genPrefix)),
  };
}

/**
 * Returns what `make` gives. Throws `UserError` that also names task, document and field.
 */
export function locate<T>(task: Task, docId: number, field: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof UserError || error instanceof RangeError)
      throw new UserError(`${task.name}, document ${docId}, ${field}: ${error.message}`);
    throw error;
  }
}

/** `str.isdigit` for what the harness then reads as an integer. */
const DIGITS = /^(?:0+|[1-9][0-9]*)$/;

function textOf(template: Template, hasChoices: boolean): (doc: Doc) => string | number {
  switch (template.kind) {
    case 'hook':
      return (doc) => checkedText(template.call(doc), 'the hook', hasChoices);
    case 'constant':
      return () => checkedText(template.value, 'the constant', hasChoices);
    case 'field': {
      const literal = fromJinja(template.field, hasChoices);
      return (doc) => {
        const value = fieldOf(doc, template.field);
        if (value === undefined) return literal(doc);
        return checkedText(value, `the field '${template.field}'`, hasChoices);
      };
    }
    case 'jinja':
      return fromJinja(template.source, hasChoices);
    default:
      throw new TemplateError('must be a template, a field, an index of a choice or a hook');
  }
}

/** The field of a document that a task names. */
function requiredField(doc: Doc, field: string): Value {
  const value = fieldOf(doc, field);
  if (value === undefined) throw new TemplateError(`the document has no field '${field}'; it has ${Object.keys(doc).join(', ')}`);
  return value;
}

/** A text, or the index of a choice where there are choices. */
function checkedText(value: Value, what: string, hasChoices: boolean): string | number {
  if (typeof value === 'string' || (hasChoices && typeof value === 'number' && Number.isInteger(value))) return value;
  throw new TemplateError(`${what} is ${typeOf(value)}, not a text`);
}

function fromJinja(source: string, hasChoices: boolean): (doc: Doc) => string | number {
  const { render } = compileTemplate(source);
  if (!hasChoices) return render;
  return (doc) => {
    const text = render(doc);
    // As in the harness, such a text is the index of a choice.
    return DIGITS.test(text) ? Number(text) : text;
  };
}

function targetOf(template: Template, hasChoices: boolean): (doc: Doc) => Target {
  switch (template.kind) {
    case 'constant':
      return () => template.value;
    case 'field':
      return (doc) => checkedTarget(requiredField(doc, template.field), `the field '${template.field}'`);
    case 'jinja': {
      const { render } = compileTemplate(template.source);
      return (doc) => {
        const text = render(doc);
        if (hasChoices && DIGITS.test(text)) return Number(text);
        const list = text.startsWith('[') && text.endsWith(']') ? literalOf(text) : undefined;
        return list === undefined ? text : checkedTarget(list, 'the list');
      };
    }
    case 'hook':
      return (doc) => checkedTarget(template.call(doc), 'the hook');
    default:
      throw new TemplateError('must be a template, a field or an index');
  }
}

/** The value of a Python literal, undefined where the text is none. */
function literalOf(text: string): Value | undefined {
  try {
    return literalEval(text);
  } catch {
    return undefined;
  }
}

function checkedTarget(value: Value, what: string): Target {
  if (typeof value === 'string') return value;
  if (isInteger(value) && typeof value === 'number') return value;
  if (isArray(value)) {
    if (value.length === 0) throw new TemplateError(`${what} is empty; a target names at least one right answer`);
    return value.map((item) => {
      const one = checkedTarget(item, `an item of ${what}`);
      if (typeof one === 'object') throw new TemplateError(`${what} holds another list; right answers are integers or texts`);
      return one;
    });
  }
  // An index for Python, where True is 1; its text is still "True", which the target hash would need.
  throw new TemplateError(`${what} is ${typeOf(value)}; a target is an integer, a text, or a list of them`);
}

function choicesOf(template: Template): (doc: Doc) => readonly string[] {
  switch (template.kind) {
    // As in the harness, the items are the choices as they are written, no templates.
    case 'list':
      return () => template.items;
    case 'hook':
      return (doc) => checkedChoices(template.call(doc));
    case 'field':
      return (doc) => checkedChoices(requiredField(doc, template.field));
    case 'jinja': {
      const { value, render } = compileTemplate(template.source);
      return (doc) => {
        // A printed list reads back as itself, so the list is taken before it is printed.
        const list = value?.(doc) ?? null;
        return checkedChoices(isArray(list) ? list : literalEval(render(doc)));
      };
    }
    default:
      throw new TemplateError('must be a list, a template that gives a list, a field or a hook');
  }
}

function checkedChoices(value: Value): readonly string[] {
  if (!isArray(value)) throw new TemplateError(`gave ${typeOf(value)}, not a list of texts`);
  if (value.length === 0) throw new TemplateError('gave an empty list');
  return value.map((item) => {
    if (typeof item !== 'string') throw new TemplateError(`gave a list with ${typeOf(item)} in it; choices are texts`);
    return item;
  });
}

function prefixOf(source: string): (doc: Doc) => string {
  const { render } = compileTemplate(source);
  return (doc) => {
    const value = fieldOf(doc, source);
    return value === undefined ? render(doc) : pyStr(value);
  };
}
