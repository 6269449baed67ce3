import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { linkBlob } from '../../src/hub/cache.js';
import { claimPartial } from '../../src/hub/partial.js';
import type { Repo } from '../../src/hub/repo.js';
import { hubSettings } from '../../src/hub/settings.js';
import { tempFolder } from '../data/temp.js';

const fault = vi.hoisted(() => ({ link: '', rename: '', write: '' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const failing = <T extends readonly unknown[]>(kind: 'link' | 'rename', call: (...args: T) => Promise<void>) => {
    return async (...args: T): Promise<void> => {
      if (fault[kind] !== '') throw Object.assign(new Error(fault[kind]), { code: fault[kind] });
      await call(...args);
    };
  };
  const open = async (...args: Parameters<typeof real.open>) => {
    const handle = await real.open(...args);
    if (fault.write !== '') handle.writeFile = () => Promise.reject(Object.assign(new Error(fault.write), { code: fault.write }));
    return handle;
  };
  return { ...real, open, symlink: failing('link', real.symlink), rename: failing('rename', real.rename) };
});

const commit = '0'.repeat(40);

function cache(): { repo: Repo; snapshot: string } {
  const folder = tempFolder();
  const root = join(folder, 'models--a--b');
  mkdirSync(join(root, 'blobs'), { recursive: true });
  writeFileSync(join(root, 'blobs', 'etag'), 'content');
  const hub = hubSettings(true, { HF_HUB_CACHE: folder, HOME: folder });
  return { repo: { hub, kind: 'model', name: 'a/b' }, snapshot: join(root, 'snapshots', commit) };
}

describe('a cache on a file system without links', () => {
  it.each(['EPERM', 'ENOTSUP', 'ENOSYS', 'EACCES', 'EINVAL', 'EOPNOTSUPP'])('%s: the file is copied', async (code) => {
    fault.link = code;
    const { repo, snapshot } = cache();
    const file = await linkBlob(repo, commit, 'config.json', 'etag');
    fault.link = '';
    expect(readFileSync(file, 'utf8')).toBe('content');
    expect(readdirSync(snapshot)).toEqual(['config.json']);
  });

  it('says what is wrong where the copy fails, too, and leaves nothing', async () => {
    const { repo, snapshot } = cache();
    fault.rename = 'EACCES';
    await expect(linkBlob(repo, commit, 'config.json', 'etag')).rejects.toThrow(/^cannot write .*config\.json: .*set HF_HOME/);
    fault.rename = '';
    expect(readdirSync(snapshot)).toEqual([]);
  });

  it('32 at once end with one file', async () => {
    const { repo, snapshot } = cache();
    fault.link = 'ENOSYS';
    await Promise.all(Array.from({ length: 32 }, () => linkBlob(repo, commit, 'config.json', 'etag')));
    fault.link = '';
    expect(readdirSync(snapshot)).toEqual(['config.json']);
  });
});

it('a disk too full for the lock of a download leaves no lock that others would wait for', async () => {
  const { hub } = cache().repo;
  const blobs = join(hub.cacheDir, 'models--a--b', 'blobs');
  fault.write = 'ENOSPC';
  await expect(claimPartial(hub, join(blobs, 'other'))).rejects.toThrow(/^no space left on the disk of .*set HF_HOME/);
  fault.write = '';
  expect(readdirSync(blobs)).toEqual(['etag']);
  const claim = await claimPartial(hub, join(blobs, 'other'));
  expect(readdirSync(blobs)).toEqual(['etag', 'other.eus-eval.lock']);
  await claim?.release(true);
  expect(readdirSync(blobs)).toEqual(['etag']);
});
