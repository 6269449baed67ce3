import { readFileSync } from 'node:fs';

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const own = versionIn(manifest);
if (own === null) throw new Error('package.json names no version');

/** The package's version. */
export const VERSION: string = own;

/** Returns the version in the content of a package.json; null where there is none. */
export function versionIn(content: unknown): string | null {
  return textAt(content, 'version');
}

/** Returns the version of an optional package that this one was made for; null for any other package. */
export function peerVersion(name: string): string | null {
  const peers = typeof manifest === 'object' && manifest !== null && 'peerDependencies' in manifest ? manifest.peerDependencies : null;
  return textAt(peers, name);
}

function textAt(value: unknown, name: string): string | null {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null;
  return typeof found === 'string' ? found : null;
}
