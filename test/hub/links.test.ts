import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { linkBlob } from '../../src/hub/cache.js';
import { hubSettings } from '../../src/hub/settings.js';
import { tempFolder } from '../data/temp.js';

const fault = vi.hoisted(() => ({ link: '', rename: '' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const failing = <T extends readonly unknown[]>(kind: 'link' | 'rename', call: (...args: T) => Promise<void>) => {
    return async (...args: T): Promise<void> => {
      if (fault[kind] !== '') throw Object.assign(new Error(fault[kind]), { code: fault[kind] });
      await call(...args);
    };
  };
  return { ...real, symlink: failing('link', real.symlink), rename: failing('rename', real.rename) };
});

const repo = { kind: 'model', name: 'a/b' } as const;
const commit = '0'.repeat(40);

function cache(): { settings: ReturnType<typeof hubSettings>; snapshot: string } {
  const folder = tempFolder();
  const root = join(folder, 'models--a--b');
  mkdirSync(join(root, 'blobs'), { recursive: true });
  writeFileSync(join(root, 'blobs', 'etag'), 'content');
  return { settings: hubSettings(true, { HF_HUB_CACHE: folder, HOME: folder }), snapshot: join(root, 'snapshots', commit) };
}

describe('a cache on a file system without links', () => {
  it.each(['EPERM', 'ENOTSUP', 'ENOSYS', 'EACCES', 'EINVAL', 'EOPNOTSUPP'])('%s: the file is copied', async (code) => {
    fault.link = code;
    const { settings, snapshot } = cache();
    const file = await linkBlob(settings, repo, commit, 'config.json', 'etag');
    fault.link = '';
    expect(readFileSync(file, 'utf8')).toBe('content');
    expect(readdirSync(snapshot)).toEqual(['config.json']);
  });

  it('says what is wrong where the copy fails, too, and leaves nothing', async () => {
    const { settings, snapshot } = cache();
    fault.rename = 'EACCES';
    await expect(linkBlob(settings, repo, commit, 'config.json', 'etag')).rejects.toThrow(/^cannot write .*config\.json: .*set HF_HOME/);
    fault.rename = '';
    expect(readdirSync(snapshot)).toEqual([]);
  });

  it('32 at once end with one file', async () => {
    const { settings, snapshot } = cache();
    fault.link = 'ENOSYS';
    await Promise.all(Array.from({ length: 32 }, () => linkBlob(settings, repo, commit, 'config.json', 'etag')));
    fault.link = '';
    expect(readdirSync(snapshot)).toEqual(['config.json']);
  });
});
