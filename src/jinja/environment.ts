import type { Arguments, Runtime } from './values.js';

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

/** A filter: the value in front of `|`, and its arguments. */
export type Filter = (value: Runtime, args: Arguments, environment: Environment) => Runtime;
/** A test, behind `is`. */
export type Test = (value: Runtime, args: Arguments, environment: Environment) => boolean;
