/** A JavaScript module of the user's own whose exported functions answer the Python functions of task files (`--hooks FILE`). */
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, UserError } from '../errors.js';
import { isObject } from '../is-object.js';
import { fromEntries } from '../python/fields.js';
import { PyFloat } from '../python/float.js';
import { isArray } from '../python/json.js';
import type { Doc, MetricValue, Value } from '../types.js';
import { BUILT_IN_HOOKS } from './built-in.js';
import type { HookFunctions, HookResult, Hooks } from './hook.js';

/** What answers the Python functions of task files: the path of a JavaScript module that exports them, or functions by name. */
export type HookModule = string | Readonly<Record<string, HookFunction>>;

/** One of them; which arguments it gets and what it returns depends on its place in the task file (docs/task-files.md). */
export type HookFunction = { call(...args: readonly unknown[]): unknown }['call'];

/**
 * Returns the text of the functions, for the digest of a run's settings. Throws as `readFileSync` does.
 */
export function hookText(hooks: HookModule): string {
  if (typeof hooks === 'string') return readFileSync(hooks, 'utf8');
  return Object.entries(hooks)
    .map(([name, call]) => `${name} ${String(call)}`)
    .join('\n');
}

/**
 * Returns the built-in hooks with the functions that a module exports; its own come first. The module is a file that the user names: nothing that comes with a
 * data set or from the hub is ever loaded. Throws `UserError` where it cannot be loaded or exports no function.
 */
export async function loadHooks(file: HookModule): Promise<Hooks> {
  if (typeof file !== 'string') return hooksOf(Object.entries(file), 'hooks');
  const whole = path.resolve(file);
  const info = await stat(whole).catch(() => null);
  if (info === null || !info.isFile()) throw new UserError(`--hooks ${file}: no such file; give a JavaScript module (.js, .mjs)`);
  let module: unknown;
  try {
    module = await import(pathToFileURL(whole).href);
  } catch (error) {
    throw new UserError(`--hooks ${file}: cannot be loaded: ${messageOf(error).split('\n')[0]}`);
  }
  const functions = Object.entries(typeof module === 'object' && module !== null ? module : {}).filter(
    (entry): entry is [string, HookFunction] => typeof entry[1] === 'function',
  );
  if (functions.length === 0) throw new UserError(`--hooks ${file}: exports no function; write "export function NAME(doc) { ... }"`);
  return hooksOf(functions, file);
}

/**
 * Returns the built-in hooks with functions of a caller's own, by name; `origin` says in messages where they come from.
 */
function hooksOf(functions: readonly (readonly [string, HookFunction])[], origin: string): Hooks {
  const extend = <T>(known: ReadonlyMap<string, T>, make: (call: HookFunction, name: string) => T): ReadonlyMap<string, T> =>
    new Map([...known, ...functions.map(([name, call]) => [name, make(guarded(call, name, origin), name)] as const)]);
  const value = (call: HookFunction, name: string) => (doc: Doc) => toValue(call(doc), `${name} of ${origin}`);
  return {
    doc_to_text: extend(BUILT_IN_HOOKS.doc_to_text, value),
    doc_to_target: extend(BUILT_IN_HOOKS.doc_to_target, value),
    doc_to_choice: extend(BUILT_IN_HOOKS.doc_to_choice, value),
    process_docs: extend<HookFunctions['process_docs']>(
      BUILT_IN_HOOKS.process_docs,
      (call, name) => (doc) => documentOf(call(doc), doc, `${name} of ${origin}`),
    ),
    process_results: extend<HookFunctions['process_results']>(
      BUILT_IN_HOOKS.process_results,
      (call, name) => (doc: Doc, results: readonly HookResult[]) => {
        const scores = call(doc, results);
        if (!isObject(scores)) throw new RangeError(`${name} of ${origin} returned no object of metrics`);
        return scores;
      },
    ),
    aggregation: extend<HookFunctions['aggregation']>(BUILT_IN_HOOKS.aggregation, (call, name) => ({
      call: (values: readonly MetricValue[]) => {
        const score = call(values);
        if (typeof score !== 'number' || !Number.isFinite(score)) throw new UserError(`${name} of ${origin} returned no number`);
        return score;
      },
    })),
  };
}

/** A function whose errors name it and where it comes from; the document is added by whoever calls it. */
function guarded(call: HookFunction, name: string, origin: string): HookFunction {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      throw new RangeError(`${name} of ${origin}: ${messageOf(error).split('\n')[0]}`);
    }
  };
}

function documentOf(result: unknown, doc: Doc, what: string): Doc | null {
  // The fields of a document that comes back as it was keep their order, whatever they are called.
  if (result === doc || result === true) return doc;
  if (result === null || result === undefined || result === false) return null;
  const value = toValue(result, what);
  if (typeof value !== 'object' || value === null || isArray(value) || value instanceof PyFloat)
    throw new RangeError(`${what} returned no document; an object, or null to leave it out`);
  return value;
}

/** What JavaScript code returned, as a value of a document. */
function toValue(result: unknown, what: string): Value {
  if (result instanceof Promise) throw new RangeError(`${what} returned a promise; hooks are synchronous`);
  if (result === null || typeof result === 'string' || typeof result === 'boolean' || typeof result === 'bigint') return result;
  if (result instanceof PyFloat) return result;
  if (typeof result === 'number' && Number.isFinite(result)) return result;
  if (Array.isArray(result)) return result.map((item) => toValue(item, what));
  if (isObject(result)) return fromEntries(Object.entries(result).map(([key, inner]) => [key, toValue(inner, what)] as const));
  throw new RangeError(`${what} returned ${typeof result}`);
}
