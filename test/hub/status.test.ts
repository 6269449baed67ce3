import { createServer } from 'node:http';
import { afterAll, expect, it } from 'vitest';
import { ensureFile } from '../../src/hub/hub-file.js';
import { tempFolder } from '../data/temp.js';

/** What the hub's answers to refused requests look like: status, X-Error-Code, X-Error-Message. */
const ANSWERS: Record<string, { readonly status: number; readonly headers: Record<string, string> }> = {
  disabled: { status: 403, headers: { 'x-error-code': 'DisabledRepo', 'x-error-message': 'Access to this resource is disabled.' } },
  settings: { status: 403, headers: { 'x-error-message': 'Please enable access to public gated repositories in your token settings.' } },
  gated: { status: 403, headers: { 'x-error-code': 'GatedRepo', 'x-error-message': 'Access to model is restricted.' } },
  taken: { status: 451, headers: { 'x-error-message': 'Unavailable for legal reasons.' } },
};
const server = createServer((request, response) => {
  const { status, headers } = ANSWERS[request.url?.split('/')[1] ?? ''] ?? { status: 404, headers: {} };
  response.writeHead(status, headers).end();
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
afterAll(() => server.close());

const address = server.address();
const endpoint = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';

it.each([
  ['disabled', /may not be read at \S+ \(Access to this resource is disabled\.\)/],
  ['settings', /may not be read at \S+ \(Please enable access to public gated/],
  ['gated', /is gated \(Access to model is restricted\.\): accept its licence/],
  ['taken', /status 451 \(Unavailable for legal reasons\.\)/],
])('a hub that refuses a repository is quoted: %s', async (organisation, message) => {
  const hub = { endpoint, token: null, cacheDir: tempFolder(), offline: false, sleep: async () => undefined, now: () => 0 };
  const file = { repo: { hub, kind: 'model' as const, name: `${organisation}/model` }, revision: 'main', path: 'config.json' };
  await expect(ensureFile(file, null)).rejects.toThrow(message);
});
