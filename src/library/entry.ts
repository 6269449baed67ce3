/** The border between the library and its callers: options are checked on the way in, and errors name options instead of flags on the way out. */
import { MODEL_OPTIONS } from '../backends/foreign-options.js';
import { UserError } from '../errors.js';
import { type Check, type Checks, checkOptions } from '../options.js';

/**
 * Returns `work` as a function of the library: what `checks` refuses is a `UserError` before anything happens, and errors of code that the command line
 * shares name the function's options.
 */
export function libraryFunction<A extends readonly [options?: object | undefined, ...rest: unknown[]], R>(
  name: string,
  checks: Checks<NonNullable<NoInfer<A>[0]>>,
  work: (...given: A) => Promise<R>,
): (...given: A) => Promise<R> {
  return async (...given) => {
    // The function itself has a default only where every option has one.
    checkOptions(name, given[0] === undefined ? {} : given[0], checks);
    try {
      return await work(...given);
    } catch (error) {
      throw withOptionNames(error, checks);
    }
  };
}

/**
 * Returns the error with the names of options in its message where it has flags; anything but a `UserError` as it is.
 */
export function withOptionNames<E>(error: E, checks: Readonly<Record<string, Check>>): E {
  if (error instanceof UserError) error.message = optionNames(error.message, checks);
  return error;
}

/** Flags that are called otherwise in the library, for a reason: there they take one value, or several, or the opposite. */
const OTHERWISE: Readonly<Record<string, string>> = {
  '--fewshot-seeds': 'fewshotSeed',
  '--format': 'formats',
  '--in': 'inside',
  '--no-multiturn': 'fewshotAsMultiturn: false',
  '--retry-errors': 'retries',
  '--task-ids': 'taskIds',
};

/** Parts of a message that are quoted (commands to type), or flags. */
const FLAGS = /`[^`]*`|(?<![\w-])--[a-z]+(?:-[a-z]+)*/g;

/**
 * Returns a line with the options of a function, of which `checks` has the names, for the flags of the command line: `--num-fewshot` is `numFewshot`. Flags without an option, and
 * commands that are quoted, stay.
 */
export function optionNames(line: string, checks: Readonly<Record<string, Check>>): string {
  return line.replace(FLAGS, (found) => {
    const option = found.startsWith('--') ? optionOf(found, checks) : null;
    return option === null ? found : `\`${option}\``;
  });
}

function optionOf(flag: string, checks: Readonly<Record<string, Check>>): string | null {
  const has = (name: string): boolean => Object.hasOwn(checks, name);
  const otherwise = OTHERWISE[flag];
  if (otherwise !== undefined && has(otherwise.replace(/:.*/, ''))) return otherwise;
  const ofModel = Object.entries(MODEL_OPTIONS).find((entry) => entry[1].flag === flag)?.[0];
  if (ofModel !== undefined && has(ofModel)) return ofModel;
  if (ofModel !== undefined && has('modelOptions')) return `modelOptions.${ofModel}`;
  const name = camelCase(flag.slice(2));
  if (has(name)) return name;
  const off = camelCase(flag.slice('--no-'.length));
  return flag.startsWith('--no-') && has(off) ? `${off}: false` : null;
}

function camelCase(words: string): string {
  return words.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
