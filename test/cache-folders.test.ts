import { describe, expect, it, vi } from 'vitest';
import { allVerdicts, keepVerdict, readVerdict } from '../src/backends/onnx/verdicts.js';
import { folderIn, homeFolder, hubHome, ownCache } from '../src/cache-folders.js';
import { findCuda } from '../src/cuda/installed.js';
import { settingsFindings } from '../src/doctor/settings.js';
import { UserError } from '../src/errors.js';
import { hubSettings } from '../src/hub/settings.js';

// A user number without an entry in the list of users, as containers have.
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  homedir: () => {
    throw Object.assign(new Error('uv_os_homedir returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' });
  },
}));

function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a user without a home folder', () => {
  it('is told which variable to set', () => {
    expect(homeFolder({})).toBeNull();
    expect(failure(() => ownCache({}))).toMatch(/no home folder .*set EUS_EVAL_CACHE or HOME to a folder/);
    expect(failure(() => hubSettings(false, {}))).toMatch(/no home folder .*set HF_HOME or HOME to a folder/);
    expect(failure(() => folderIn({ HF_HOME: '~/x' }, 'HF_HOME'))).toContain('set HF_HOME to a folder');
  });

  it('needs none where variables name the folders', () => {
    expect(ownCache({ EUS_EVAL_CACHE: '/c' })).toBe('/c');
    expect(ownCache({ XDG_CACHE_HOME: '/x' })).toBe('/x/eus-eval');
    expect(hubHome({ HF_HOME: '/h' })).toBe('/h');
    expect(hubHome({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface');
    expect(hubSettings(false, { HF_HUB_CACHE: '/hub' })).toMatchObject({ cacheDir: '/hub', token: null });
    expect(hubHome({ HOME: '/home/a' })).toBe('/home/a/.cache/huggingface');
    expect(folderIn({ HF_HOME: '~/x/$A', HOME: '/home/a', A: 'b' }, 'HF_HOME')).toBe('/home/a/x/b');
  });

  it('runs models all the same: what is kept between runs is not', async () => {
    const verdict = { subject: { card: 'x' }, parts: [], passed: true, seconds: 1, day: '2026-01-01' };
    keepVerdict(verdict, {});
    expect(readVerdict(verdict.subject, {})).toBeNull();
    expect(allVerdicts({})).toEqual([]);
    expect(findCuda({}).origin).not.toBe('setup');
    expect((await settingsFindings(false, { HF_HOME: '/h' })).find(({ name }) => name === 'own cache')).toMatchObject({
      status: 'wrong',
    });
  });
});
