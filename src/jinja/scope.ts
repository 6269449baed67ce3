import type { Environment } from './environment.js';
import { orUndefined, type Runtime } from './values.js';

/** Where names are looked up while a template runs. */
export interface Context {
  readonly environment: Environment;
  /** The fields of the document, or the messages and tokens; undefined where there is none of that name. */
  readonly lookup: (name: string) => Runtime | undefined;
}

/** The names set inside a statement; loops, macros and blocks have their own. */
export class Scope {
  #variables: Map<string, Runtime> | null = null;

  constructor(
    readonly context: Context,
    private readonly parent: Scope | null,
  ) {}

  set(name: string, value: Runtime): void {
    this.#variables ??= new Map();
    this.#variables.set(name, value);
  }

  inner(): Scope {
    return new Scope(this.context, this);
  }

  /** The value of a name, also of the environment's functions; the undefined value where there is none. */
  get(name: string): Runtime {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      const value = scope.#variables?.get(name);
      if (value !== undefined) return value;
    }
    const { environment, lookup } = this.context;
    const own = lookup(name);
    return own === undefined ? orUndefined(environment.globals.get(name), `'${name}' is undefined`, environment.strict) : own;
  }
}

export type Evaluate = (scope: Scope) => Runtime;
/** Writes what a statement prints; the signal of `break` and `continue` goes up to their loop. */
export type Run = (scope: Scope, out: Output) => Signal;
export type Signal = null | 'break' | 'continue';

/** What a template prints, in parts. */
export class Output {
  text = '';
}
