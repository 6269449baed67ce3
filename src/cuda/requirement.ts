/** `Requires-Dist` lines of a wheel's METADATA: what a package needs, and when. */
import { UserError } from '../errors.js';
import { type Condition, parseConditions } from './version.js';

export interface Requirement {
  /** Normalised, for example `nvidia-cublas`. */
  readonly name: string;
  readonly conditions: readonly Condition[];
}

/** What the markers of a requirement may ask about; CUDA is set up for one platform only. */
const PLATFORM: Readonly<Record<string, string>> = {
  os_name: 'posix',
  sys_platform: 'linux',
  platform_system: 'Linux',
  platform_machine: 'x86_64',
  implementation_name: 'cpython',
  platform_python_implementation: 'CPython',
};

/** Characters of a requirement; no honest one is near. Bounds the depth of a marker, too. */
const LONGEST = 1000;

/** Returns the name under which an index knows a package: lower case, one hyphen for every run of `-`, `_` and `.`. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/**
 * Returns what METADATA requires on Linux x86-64: the requirements that hold when `extras` are asked for; with `only`, just those that an extra adds.
 *
 * Throws `UserError` naming `where` for a requirement or marker that is not understood, so that nothing is left out by mistake.
 */
export function requirementsOf(metadata: string, extras: readonly string[], only: boolean, where: string): Requirement[] {
  // The headers end at the first empty line; the description follows.
  const headers = metadata.split(/\r?\n\r?\n/, 1)[0] ?? '';
  const lines = [...headers.matchAll(/^Requires-Dist:(.*)$/gim)].map((match) => (match[1] ?? '').trim());
  return lines.flatMap((line) => {
    if (line.length > LONGEST) throw new UserError(`${where}: a requirement is longer than ${LONGEST} characters`);
    const [text = '', marker = ''] = line.split(/;(.*)/s, 2).map((part) => part.trim());
    if (only && !/\bextra\b/.test(marker)) return [];
    const holds = (extra: string): boolean => marker === '' || evaluate(marker, extra, `${where}: "${line}"`);
    if (only && holds('')) return [];
    if (![...extras, ''].some(holds)) return [];
    return [parse(text, `${where}: "${line}"`)];
  });
}

function parse(text: string, where: string): Requirement {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:\(([^()]*)\)|([^()@]*))$/.exec(text);
  if (match?.[1] === undefined) throw new UserError(`${where}: this requirement is not understood; known is NAME with version conditions`);
  return { name: normalName(match[1]), conditions: parseConditions(match[2] ?? match[3] ?? '', where) };
}

/** The truth of a marker: comparisons of a name with a text, `and`, `or`, and parentheses. */
function evaluate(marker: string, extra: string, where: string): boolean {
  const tokens = marker.match(/\(|\)|==|!=|\band\b|\bor\b|\bnot\s+in\b|\bin\b|"[^"]*"|'[^']*'|[A-Za-z_][A-Za-z0-9_.]*|\S/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new UserError(
      `${where}: the marker is not understood; known are extra, ${Object.keys(PLATFORM).join(', ')} with ==, !=, in, and, or`,
    );
  };
  const value = (): string => {
    const token = tokens[at++] ?? '';
    if (/^(".*"|'.*')$/.test(token)) return token.slice(1, -1);
    if (token === 'extra') return extra;
    return Object.hasOwn(PLATFORM, token) ? (PLATFORM[token] ?? fail()) : fail();
  };
  const comparison = (): boolean => {
    if (tokens[at] === '(') {
      at++;
      const inner = any();
      return tokens[at++] === ')' ? inner : fail();
    }
    const left = value();
    const operator = (tokens[at++] ?? '').replace(/\s+/, ' ');
    const right = value();
    if (operator === '==') return left === right;
    if (operator === '!=') return left !== right;
    if (operator === 'in') return right.includes(left);
    return operator === 'not in' ? !right.includes(left) : fail();
  };
  const all = (): boolean => {
    let truth = comparison();
    while (tokens[at] === 'and') {
      at++;
      truth = comparison() && truth;
    }
    return truth;
  };
  const any = (): boolean => {
    let truth = all();
    while (tokens[at] === 'or') {
      at++;
      truth = all() || truth;
    }
    return truth;
  };
  const truth = any();
  return at === tokens.length ? truth : fail();
}
