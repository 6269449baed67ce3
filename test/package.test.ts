import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../src/package-files.js';

const manifest = JSON.parse(readFileSync(packagePath('package.json'), 'utf8'));
const lock: { packages: Record<string, { version?: string; hasInstallScript?: boolean; resolved?: string }> } = JSON.parse(
  readFileSync(packagePath('package-lock.json'), 'utf8'),
);

describe('package', () => {
  it('installs without an install script of any dependency', () => {
    // npm 10 runs the scripts of whatever the lock file marks; "npm install" writes the marks back, and they must go again.
    const marked = Object.entries(lock.packages).flatMap(([name, entry]) => (entry.hasInstallScript === true ? [name] : []));
    expect(marked).toEqual([]);
    // npm 11.16 and later skip scripts and warn about each package that is not named here.
    expect(Object.values(manifest.allowScripts)).toEqual(Object.keys(manifest.allowScripts).map(() => false));
    expect(Object.keys(manifest.allowScripts)).toEqual(expect.arrayContaining(['onnxruntime-node']));
  });

  it('pins every version exactly, and README names every dependency', () => {
    const readme = readFileSync(packagePath('README.md'), 'utf8');
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies']) {
      for (const version of Object.values(manifest[kind])) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
    for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)])
      expect(readme).toContain(`\`${name}\``);
  });

  it('needs no Unix shell in its scripts', () => {
    for (const script of Object.values<string>(manifest.scripts)) expect(script).not.toMatch(/\brm |\bcp |&&|\$|;/);
  });

  it('names no host of a registry in the lock file', () => {
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });
});
