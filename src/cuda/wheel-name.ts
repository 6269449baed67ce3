/** File names of wheels: `NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl`. */
import { normalName } from './requirement.js';
import { parseVersion, type Version } from './version.js';

export interface WheelName {
  readonly file: string;
  readonly name: string;
  readonly version: Version;
  /** The glibc that the wheel needs, as [major, minor]. */
  readonly glibc: readonly [number, number];
}

/**
 * Returns what the name of a wheel for Linux x86-64 says, or null for any other file. The tags for Python are of no matter: only shared libraries
 * that know no Python are taken.
 */
export function parseWheelName(file: string): WheelName | null {
  const match = /^([A-Za-z0-9._]+)-([A-Za-z0-9._!+]+)(?:-\d[A-Za-z0-9_.]*)?-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-([A-Za-z0-9_.]+)\.whl$/.exec(
    file,
  );
  const version = parseVersion(match?.[2] ?? '');
  if (match?.[1] === undefined || match[3] === undefined || version === null) return null;
  const glibcs = match[3].split('.').flatMap((tag) => glibcOf(tag) ?? []);
  // Several tags: the file runs wherever one of them does.
  const [least] = glibcs.sort(([a, b], [c, d]) => a - c || b - d);
  return least === undefined ? null : { file, name: normalName(match[1]), version, glibc: least };
}

/** PEP 513, 571, 599 and 600. */
function glibcOf(tag: string): [[number, number]] | null {
  const old: Readonly<Record<string, [number, number]>> = {
    linux_x86_64: [2, 0],
    manylinux1_x86_64: [2, 5],
    manylinux2010_x86_64: [2, 12],
    manylinux2014_x86_64: [2, 17],
  };
  const known = Object.hasOwn(old, tag) ? old[tag] : undefined;
  if (known !== undefined) return [known];
  const match = /^manylinux_(\d+)_(\d+)_x86_64$/.exec(tag);
  return match === null ? null : [[Number(match[1]), Number(match[2])]];
}
