import { fieldOf } from '../python/fields.js';
import type { Doc, Value } from '../types.js';
import { fromValue, toValue } from './convert.js';
import type { Environment } from './environment.js';
import { GLOBALS } from './globals.js';
import { Output, Scope } from './scope.js';
import { parseTemplate } from './statement.js';
import type { Runtime } from './values.js';
import { startWork, TemplateError } from './work.js';

/** The harness's settings for task files: undefined names are errors, blocks are not trimmed, the last line break stays. */
const TASKS: Environment = {
  strict: true,
  sandbox: false,
  trimBlocks: false,
  lstripBlocks: false,
  keepTrailingNewline: true,
  extensions: false,
  json: 'html',
  globals: GLOBALS,
  advice: {},
};

/** A template that has been parsed and compiled. */
export interface RunnableTemplate {
  /** The text for names and their values. Throws `TemplateError`. */
  readonly render: (lookup: (name: string) => Runtime | undefined, environment?: Environment) => string;
  /** The value of a template that is a single expression; null for all others. */
  readonly value: ((lookup: (name: string) => Runtime | undefined) => Runtime) | null;
}

/**
 * Compiles a template, once, to functions with Python's meaning. Throws `TemplateError` when it does not parse or uses what is not supported, which is
 * named.
 */
export function prepareTemplate(source: string, environment: Environment): RunnableTemplate {
  const { run, value, check } = bounded(() => parseTemplate(source, environment), 'the template does not parse: ');
  check();
  const start = (lookup: (name: string) => Runtime | undefined, own: Environment) => {
    startWork();
    return new Scope({ environment: own, lookup }, null);
  };
  return {
    render: (lookup, own = environment) =>
      bounded(() => {
        const out = new Output();
        run(start(lookup, own), out);
        return out.text;
      }),
    value: value === null ? null : (lookup) => bounded(() => value(start(lookup, environment))),
  };
}

/** Nesting is bounded, but how much stack a level takes is not known: what runs out of it is an error like any other. */
function bounded<T>(run: () => T, prefix = ''): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw new TemplateError(`${prefix}it nests too deeply`);
    if (prefix !== '' && error instanceof TemplateError) throw new TemplateError(prefix + error.message);
    throw error;
  } finally {
    // What a rendering has used up is not held against what is done between renderings.
    startWork();
  }
}

export interface CompiledTemplate {
  /** The text for a document. Throws `TemplateError`. */
  readonly render: (doc: Doc) => string;
  /** The value of a template that is a single expression, before it is printed; null for all others. */
  readonly value: ((doc: Doc) => Value) | null;
}

/**
 * Compiles a template of a task file. Throws `TemplateError` when it does not parse or uses what is not supported.
 */
export function compileTemplate(source: string): CompiledTemplate {
  const { render, value } = prepareTemplate(source, TASKS);
  const lookup = (doc: Doc) => (name: string) => {
    const field = fieldOf(doc, name);
    return field === undefined ? undefined : fromValue(field);
  };
  return { render: (doc) => render(lookup(doc)), value: value === null ? null : (doc) => toValue(value(lookup(doc))) };
}
