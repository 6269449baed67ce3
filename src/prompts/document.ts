import { messageOf, UserError } from '../errors.js';
import { typeOf } from '../jinja/convert.js';
import { type CompiledTemplate, compileTemplate } from '../jinja/template.js';
import { isInteger } from '../jinja/values.js';
import { TemplateError } from '../jinja/work.js';
import { fieldOf } from '../python/fields.js';
import { isArray } from '../python/json.js';
import { literalEval } from '../python/literal.js';
import { pyStr } from '../python/strings.js';
import { CHOICE_HOOKS, TEXT_HOOKS } from '../tasks/hooks.js';
import type { Doc, Task, Template, Value } from '../types.js';

/** What a task makes of one document; every function throws `UserError` without task and document, `locate` adds them. */
export interface DocumentView {
  readonly text: (doc: Doc) => string;
  /** The target as the task file calls it; its `str` is what the target hash is taken of. */
  readonly target: (doc: Doc) => number | string;
  readonly choices: ((doc: Doc) => readonly string[]) | null;
  readonly description: ((doc: Doc) => string) | null;
  readonly genPrefix: ((doc: Doc) => string) | null;
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
  const hasChoices = task.docToChoice !== null;
  const { docToChoice } = task;
  return {
    text: field('doc_to_text', () => textOf(task.docToText, hasChoices)),
    target: field('doc_to_target', () => targetOf(task.docToTarget, hasChoices)),
    choices: docToChoice === null ? null : field('doc_to_choice', () => choicesOf(docToChoice)),
    description: task.description === '' ? null : field('description', () => compileTemplate(task.description).render),
    genPrefix: task.genPrefix === null ? null : field('gen_prefix', () => prefixOf(task.genPrefix ?? '')),
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

function textOf(template: Template, hasChoices: boolean): (doc: Doc) => string {
  switch (template.kind) {
    case 'hook':
      return requireHook(TEXT_HOOKS, template.name);
    case 'field': {
      const literal = fromJinja(template.field, hasChoices);
      return (doc) => {
        const value = fieldOf(doc, template.field);
        if (value === undefined) return literal(doc);
        if (typeof value !== 'string') throw new TemplateError(`the field '${template.field}' is ${typeOf(value)}, not a text`);
        return value;
      };
    }
    case 'jinja':
      return fromJinja(template.source, hasChoices);
    default:
      throw new TemplateError(
        'must be a template, a field or a hook (an index of a choice, with the choices in the context, is not supported)',
      );
  }
}

function fromJinja(source: string, hasChoices: boolean): (doc: Doc) => string {
  const { render } = compileTemplate(source);
  if (!hasChoices) return render;
  return (doc) => {
    const text = render(doc);
    // The harness would take such a text as the index of a choice.
    if (DIGITS.test(text)) throw new TemplateError(`gave only the digits ${text}; an index of a choice as the text is not supported`);
    return text;
  };
}

function targetOf(template: Template, hasChoices: boolean): (doc: Doc) => number | string {
  switch (template.kind) {
    case 'constant': {
      const { value } = template;
      return () => value;
    }
    case 'field':
      return (doc) => {
        const value = fieldOf(doc, template.field);
        if (value === undefined)
          throw new TemplateError(`the document has no field '${template.field}'; it has ${Object.keys(doc).join(', ')}`);
        return checkedTarget(value, `the field '${template.field}'`);
      };
    case 'jinja': {
      const { render } = compileTemplate(template.source);
      return (doc) => {
        const text = render(doc);
        if (hasChoices && DIGITS.test(text)) return Number(text);
        if (text.startsWith('[') && text.endsWith(']') && isLiteral(text))
          throw new TemplateError('a list of several right answers is not supported');
        return text;
      };
    }
    default:
      throw new TemplateError('must be a template, a field or an index');
  }
}

function isLiteral(text: string): boolean {
  try {
    literalEval(text);
    return true;
  } catch {
    return false;
  }
}

function checkedTarget(value: Value, what: string): number | string {
  if (typeof value === 'string') return value;
  if (isInteger(value) && typeof value === 'number') return value;
  // An index for Python, where True is 1; its text is still "True", which the target hash would need.
  throw new TemplateError(`${what} is ${typeOf(value)}; a target is an integer or a text`);
}

function choicesOf(template: Template): (doc: Doc) => readonly string[] {
  switch (template.kind) {
    case 'list': {
      const { items } = template;
      return () => items;
    }
    case 'hook':
      return requireHook(CHOICE_HOOKS, template.name);
    case 'field':
      return (doc) => {
        const value = fieldOf(doc, template.field);
        if (value === undefined)
          throw new TemplateError(`the document has no field '${template.field}'; it has ${Object.keys(doc).join(', ')}`);
        return checkedChoices(value);
      };
    case 'jinja': {
      const compiled: CompiledTemplate = compileTemplate(template.source);
      // A printed list reads back as itself, so the list is taken before it is printed.
      const { value } = compiled;
      return (doc) => {
        const list = value?.(doc);
        return list !== undefined && isList(list) ? checkedChoices(list) : checkedChoices(literalEval(compiled.render(doc)));
      };
    }
    default:
      throw new TemplateError('must be a list, a template that gives a list, a field or a hook');
  }
}

function isList(value: Value): value is readonly Value[] {
  return isArray(value);
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

function requireHook<T>(hooks: Readonly<Record<string, T>>, name: string): T {
  const hook = hooks[name];
  if (hook === undefined) throw new TemplateError(`no hook '${name}'; there are ${Object.keys(hooks).join(', ')}`);
  return hook;
}
