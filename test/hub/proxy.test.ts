import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, expect, it, vi } from 'vitest';
import { tempFolder } from '../data/temp.js';
import { model, settingsFor } from './helpers.js';
import { startHub } from './hub-server.js';

const closing: (() => unknown)[] = [];
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const close of closing) await close();
});

it('goes through the proxy that HTTP_PROXY names, without a warning', async () => {
  const hub = await startHub([model]);
  const tunnels: string[] = [];
  const proxy = createServer().on('connect', (request, client) => {
    tunnels.push(request.url ?? '');
    const port = (request.url ?? '').split(':')[1];
    const server = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    for (const socket of [server, client]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const address: AddressInfo | string | null = proxy.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  closing.push(
    () => proxy.closeAllConnections(),
    () => proxy.close(),
    () => hub.close(),
  );
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`);
  for (const name of ['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'NO_PROXY', 'no_proxy']) vi.stubEnv(name, undefined);
  const warn = vi.spyOn(process, 'emitWarning');
  const { resolveModel } = await import('../../src/hub/resolve-model.js');
  const found = await resolveModel(
    'HiTZ/tiny',
    { files: 'tokenizer', offline: false },
    { ...settingsFor(hub, tempFolder()), endpoint: `http://hub.example:${new URL(hub.endpoint).port}` },
  );
  expect(found.name).toBe('HiTZ/tiny');
  expect(tunnels.length).toBeGreaterThan(0);
  // Files come from this machine's own address, which no proxy is asked for.
  expect(new Set(tunnels)).toEqual(new Set([`hub.example:${new URL(hub.endpoint).port}`]));
  expect(warn).not.toHaveBeenCalled();
});
