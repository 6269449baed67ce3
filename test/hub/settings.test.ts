import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hubSettings } from '../../src/hub/settings.js';
import { tempFolder } from '../data/temp.js';

const of = (env: Record<string, string>, offline = false) => {
  const { endpoint, token, cacheDir, offline: off } = hubSettings(offline, env);
  return { endpoint, token, cacheDir, offline: off };
};
const message = (env: Record<string, string>): string => {
  try {
    of(env);
  } catch (error) {
    return error instanceof Error && error.name === 'UserError' ? error.message : 'another error';
  }
  return 'no error';
};

describe('the variables of the Python tools', () => {
  it('defaults', () => {
    expect(of({ HF_TOKEN_PATH: '/nowhere' })).toEqual({
      endpoint: 'https://huggingface.co',
      token: null,
      cacheDir: join(homedir(), '.cache/huggingface/hub'),
      offline: false,
    });
  });

  it('folders, with ~ and variables', () => {
    expect(of({ HF_HOME: '/a', HF_TOKEN: 'x' }).cacheDir).toBe('/a/hub');
    expect(of({ HF_HOME: '~/a', HF_TOKEN: 'x' }).cacheDir).toBe(join(homedir(), 'a/hub'));
    expect(of({ HF_HOME: '/a', HF_HUB_CACHE: '$B/c', B: '/b', HF_TOKEN: 'x' }).cacheDir).toBe('/b/c');
    expect(of({ XDG_CACHE_HOME: '/x', HF_TOKEN: 'x' }).cacheDir).toBe('/x/huggingface/hub');
  });

  it('token: variable, then file, then none', () => {
    const home = tempFolder({ token: 'hf_file\n', other: 'hf_other' });
    expect(of({ HF_HOME: home }).token).toBe('hf_file');
    expect(of({ HF_HOME: home, HF_TOKEN_PATH: join(home, 'other') }).token).toBe('hf_other');
    expect(of({ HF_HOME: home, HF_TOKEN: ' hf_env ' }).token).toBe('hf_env');
    expect(of({ HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }).token).toBeNull();
  });

  it('offline: from the flag or the variable', () => {
    expect(of({ HF_TOKEN: 'x' }, true).offline).toBe(true);
    expect(of({ HF_TOKEN: 'x', HF_HUB_OFFLINE: 'true' }).offline).toBe(true);
    expect(of({ HF_TOKEN: 'x', HF_HUB_OFFLINE: '0' }).offline).toBe(false);
  });

  it('endpoint', () => {
    expect(of({ HF_TOKEN: 'x', HF_ENDPOINT: 'https://mirror.example/hub/' }).endpoint).toBe('https://mirror.example/hub');
    for (const bad of ['mirror.example', 'ftp://x', 'file:///etc', 'https://x/?a=b'])
      expect(message({ HF_ENDPOINT: bad })).toContain('HF_ENDPOINT is no web address');
  });

  it('never shows a secret', () => {
    // Two tokens on two lines would become one that nobody has, and be sent.
    for (const secret of ['hf_gehéim', 'hf_geheim\nhf_other', 'hf_geheim\r\nhf_other', 'hf_geheim hf_other'])
      expect(message({ HF_TOKEN: secret })).toBe(
        'HF_TOKEN holds characters that no token has (a blank, a line break or a letter outside ASCII); it must hold one token alone',
      );
    expect(of({ HF_TOKEN: 'hf_one\r\n' }).token).toBe('hf_one');
    expect(message({ HF_ENDPOINT: 'https://me:geheim@x.example' })).toMatch(/name or password(?!.*geheim)/);
  });
});
