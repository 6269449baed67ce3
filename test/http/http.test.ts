import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { transportError } from '../../src/http/failure.js';
import { checkKey } from '../../src/http/key.js';
import { isPrivateHost, proxyFor } from '../../src/http/proxy.js';
import { quoted, withoutLogin } from '../../src/http/redact.js';

describe('the proxy for an address', () => {
  const PROXY = 'http://proxy:3128/';
  it.each([
    // What curl 8 and Python's urllib choose.
    ['http://a.example/', { HTTP_PROXY: 'proxy:3128' }, PROXY],
    ['http://a.example/', { http_proxy: 'http://proxy:3128', HTTP_PROXY: 'other:1' }, PROXY],
    ['https://a.example/', { HTTP_PROXY: 'proxy:3128' }, null],
    ['https://a.example/', { HTTPS_PROXY: 'proxy:3128' }, PROXY],
    ['https://a.example/', { ALL_PROXY: 'proxy:3128' }, PROXY],
    ['http://a.example/', { http_proxy: '', HTTP_PROXY: 'proxy:3128' }, null],
    ['http://a.example/', { HTTP_PROXY: 'proxy:3128', NO_PROXY: '*' }, null],
    ['http://a.example/', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'b.org, example' }, null],
    ['http://a.example/', { HTTP_PROXY: 'proxy:3128', NO_PROXY: '.example' }, null],
    ['http://a.example/', { HTTP_PROXY: 'proxy:3128', no_proxy: 'a.example:80' }, null],
    ['http://a.example:8080/', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'a.example:80' }, PROXY],
    ['http://banana.example/', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'ana.example' }, PROXY],
    ['http://10.1.2.3/', { HTTP_PROXY: 'proxy:3128', NO_PROXY: '10.0.0.0/8' }, null],
    ['http://11.1.2.3/', { HTTP_PROXY: 'proxy:3128', NO_PROXY: '10.0.0.0/8' }, PROXY],
    ['http://[fd00::1]/', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'fd00::/8' }, null],
    // This machine itself is never asked for at a proxy.
    ['http://localhost:8000/', { HTTP_PROXY: 'proxy:3128' }, null],
    ['http://127.0.0.9/', { HTTP_PROXY: 'proxy:3128' }, null],
    ['http://[::1]:8000/', { HTTP_PROXY: 'proxy:3128' }, null],
  ])('%s with %j', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)?.url.href ?? null).toBe(expected);
  });

  it.each(['socks5://user:pw-secret@h:1', 'user:pw-secret@@@:bad', 'ftp://user:pw-secret@h', 'http://%zz:pw-secret@h'])(
    'that cannot be used is named by its variable, and nothing of it is shown: %s',
    (text) => {
      const choose = (): unknown => proxyFor(new URL('http://a.example'), { http_proxy: text });
      expect(choose).toThrow(/^http_proxy names/);
      expect(choose).not.toThrow(/pw-secret/);
    },
  );
});

describe('secrets', () => {
  it('a key with a line break is refused by the name of its variable, and no part of it is shown', () => {
    const read = (): unknown => checkKey('alpha-SECRETAAA\nbravo-SECRETBBB', 'MY_KEY');
    expect(read).toThrow(/^MY_KEY holds characters that no key has/);
    expect(read).not.toThrow(/SECRET/);
    expect(() => checkKey('clé-1234', 'MY_KEY')).toThrow(/MY_KEY/);
    expect(checkKey(' key-1 \n', 'MY_KEY')).toBe('key-1');
    expect(checkKey('  ', 'MY_KEY')).toBeNull();
  });
  it('go before any other change of a text', () => {
    expect(quoted('said: ab12 cd34\nef56', ['ab12 cd34\nef56'])).toBe('said: [key]');
    expect(quoted(`${'x'.repeat(295)} secret-key-99`, ['secret-key-99'])).not.toContain('sec');
  });
  it('are no part of an address in a message', () => {
    expect(withoutLogin('http//user:p@ss@host/v1')).toBe('...@host/v1');
    expect(withoutLogin('http://host/v1?key=abc')).toBe('http://host/v1?...');
  });
});

describe('a connection that failed', () => {
  const coded = (code: string): Error => Object.assign(new Error('words'), { code });
  it.each([
    ['ENOTFOUND', false, /no such host is known: h:8/],
    ['ECONNREFUSED', false, /nothing listens at h:8/],
    ['UND_ERR_CONNECT_TIMEOUT', false, /no connection to h:8 within 8 s/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false, /NODE_EXTRA_CA_CERTS/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false, /http:\/\/ instead of https/],
    ['ECONNRESET', true, /ECONNRESET: words/],
    ['UND_ERR_SOCKET', true, /words/],
  ])('%s may have reached the server: %s', (code, sent, message) => {
    const error = transportError(new TypeError('fetch failed', { cause: coded(code) }), 'http://h:8/v1', null);
    expect(error.sent).toBe(sent);
    expect(error.message).toMatch(message);
  });
  it('while TLS was agreed on was never sent, though its code is that of any cut connection', async () => {
    const server = createServer((socket) => void socket.once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`;
    const error = transportError(await fetch(url).catch((e: unknown) => e), url, null);
    server.close();
    expect(error).toMatchObject({ sent: false, lasting: true, message: expect.stringContaining('http:// instead of https://?') });
  });
  it('through a proxy names it', () => {
    const proxy = { url: new URL('http://user:pw-secret@proxy:3128'), variable: 'HTTP_PROXY' };
    const { message } = transportError(coded('ECONNREFUSED'), 'http://h/v1', proxy);
    expect(message).toMatch(/through the proxy proxy:3128 of HTTP_PROXY/);
    expect(message).not.toContain('pw-secret');
  });
});

it.each([
  ['localhost', true],
  ['10.0.0.7', true],
  ['gpu-node', true],
  ['api.openai.com', false],
  ['8.8.8.8', false],
])('%s is private: %s', (host, expected) => {
  expect(isPrivateHost(host)).toBe(expected);
});
