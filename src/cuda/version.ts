/** The part of Python's version rules (PEP 440) that wheels of CUDA libraries need. */
import { UserError } from '../errors.js';

export interface Version {
  readonly text: string;
  readonly release: readonly number[];
  /** A pre-release or a development version: never chosen, unless named exactly. */
  readonly early: boolean;
  /** Number of the post-release; 0 where it is none. */
  readonly post: number;
}

/** One condition of a requirement, for example `~=13.0`. */
export interface Condition {
  readonly operator: '==' | '!=' | '>=' | '<=' | '>' | '<' | '~=';
  readonly version: Version;
  /** `==13.*` and `!=13.*`. */
  readonly prefix: boolean;
}

/**
 * Returns a version, or null for one whose form is not known (epochs and local parts, for example).
 */
export function parseVersion(text: string): Version | null {
  const match = /^v?(\d+(?:\.\d+)*)((?:a|b|rc)\d+)?(?:\.post(\d+))?(\.dev\d+)?$/.exec(text.trim().toLowerCase());
  if (match?.[1] === undefined) return null;
  const release = match[1].split('.').map(Number);
  return { text: text.trim(), release, early: match[2] !== undefined || match[4] !== undefined, post: Number(match[3] ?? 0) };
}

/**
 * Orders two versions: negative when `a` is the older. Missing parts count as 0; of equal numbers the early one is the older.
 */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.release.length, b.release.length); i++) {
    const difference = (a.release[i] ?? 0) - (b.release[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(b.early) - Number(a.early) || a.post - b.post;
}

/**
 * Returns the conditions of a text such as `~=13.0,!=13.2.*`. Throws `UserError` naming `where` for a condition that is not understood.
 */
export function parseConditions(text: string, where: string): Condition[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(==|!=|>=|<=|~=|>|<)\s*([^\s*]+?)(\.\*)?$/.exec(part);
      const operator = operatorOf(match?.[1]);
      const version = parseVersion(match?.[2] ?? '');
      const prefix = match?.[3] !== undefined;
      if (
        operator === null ||
        version === null ||
        (prefix && operator !== '==' && operator !== '!=') ||
        (operator === '~=' && version.release.length < 2)
      ) {
        throw new UserError(
          `${where}: the version condition "${part}" is not understood; known are ==, !=, >=, <=, >, < and ~= with plain numbers`,
        );
      }
      return { operator, version, prefix };
    });
}

function operatorOf(text: string | undefined): Condition['operator'] | null {
  switch (text) {
    case '==':
    case '!=':
    case '>=':
    case '<=':
    case '>':
    case '<':
    case '~=':
      return text;
    default:
      return null;
  }
}

/** True when a version meets all conditions. */
export function satisfies(version: Version, conditions: readonly Condition[]): boolean {
  return conditions.every((condition) => meets(version, condition));
}

function sameRelease(a: Version, b: Version): boolean {
  return compareVersions({ ...a, early: false, post: 0 }, { ...b, early: false, post: 0 }) === 0;
}

function meets(version: Version, { operator, version: wanted, prefix }: Condition): boolean {
  const order = compareVersions(version, wanted);
  const begins = (length: number): boolean => wanted.release.slice(0, length).every((n, i) => (version.release[i] ?? 0) === n);
  switch (operator) {
    case '==':
      return prefix ? begins(wanted.release.length) : order === 0;
    case '!=':
      return prefix ? !begins(wanted.release.length) : order !== 0;
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      // `>13.0` is not met by a post-release of 13.0, nor `<14` by a pre-release of 14.
      return order > 0 && !(version.post > 0 && wanted.post === 0 && sameRelease(version, wanted));
    case '<':
      return order < 0 && !(version.early && !wanted.early && sameRelease(version, wanted));
    case '~=':
      return order >= 0 && begins(wanted.release.length - 1);
  }
}
