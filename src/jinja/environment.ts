import type { Arguments, Given, Runtime } from './values.js';

/** What of a template's surroundings differs between task files and chat templates. */
export interface Environment {
  /** Whether undefined names are errors (task files) or print as nothing (chat templates). */
  readonly strict: boolean;
  /** Whether Python's insides are undefined (chat templates) or an error here. */
  readonly sandbox: boolean;
  readonly trimBlocks: boolean;
  readonly lstripBlocks: boolean;
  readonly keepTrailingNewline: boolean;
  readonly extensions: boolean;
  /** `html`: Jinja's own tojson, whose result is safe in HTML; `plain`: that of the transformers library. */
  readonly json: 'html' | 'plain';
  /** Functions and values that are there beside Jinja's own. */
  readonly globals: ReadonlyMap<string, Runtime>;
  /** What to do about a name that is undefined when it is called, by name. */
  readonly advice: Readonly<Record<string, string>>;
}

/** A filter (behind `|`) or test (behind `is`): what it gives for the value in front of it and its arguments. */
export type Operation<T extends Runtime> = (value: Runtime, args: Arguments, environment: Environment) => T;
export type Filter = Operation<Runtime>;
export type Test = Operation<boolean>;

/**
 * A filter or test with its signature (see `bind`) and what it does with the values of its parameters; where the signature is null, there are none, and the
 * arguments are taken as they are.
 */
export type Declared<T extends Runtime> = readonly [
  signature: string | null,
  run: (value: Runtime, given: Given, environment: Environment, args: Arguments) => T,
];
