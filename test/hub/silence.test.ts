import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { askHub, readJson } from '../../src/hub/http.js';
import type { HubSettings } from '../../src/hub/settings.js';

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function listening(server: Server | HttpServer): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

function settings(endpoint: string, waits: number[], firstAnswerMs?: number): HubSettings {
  const sleep = async (ms: number): Promise<void> => void waits.push(ms);
  return {
    endpoint,
    token: null,
    cacheDir: '',
    offline: false,
    sleep,
    now: () => 0,
    ...(firstAnswerMs === undefined ? {} : { firstAnswerMs }),
  };
}
const ask = (at: HubSettings, what = 'the model') => askHub(at, { url: `${at.endpoint}/api`, method: 'GET', what });

it('a host that is silent from the start is given up after one wait, in one line', async () => {
  const waits: number[] = [];
  const endpoint = await listening(createServer(() => undefined));
  const given = ask(settings(endpoint, waits, 50));
  await expect(given).rejects.toThrow(
    /^the model: cannot reach http:\S+: 127\.0\.0\.1:\d+ takes connections but sends nothing for 0\.05 s; check the connection, HF_ENDPOINT/,
  );
  expect(waits).toEqual([]);
});

it('a host that has answered may be silent for longer', async () => {
  let asked = 0;
  const endpoint = await listening(
    createHttp((_request, response) => {
      asked += 1;
      setTimeout(() => response.end('{}'), asked === 1 ? 0 : 1100);
    }),
  );
  const at = settings(endpoint, [], 1000);
  await (await ask(at)).response.text();
  expect((await ask(at)).response.status).toBe(200);
});

it('an answer that breaks off, and a web page, are one line', async () => {
  const endpoint = await listening(
    createHttp((request, response) => {
      if (request.url?.endsWith('page') === true) response.end('<!doctype html><p>welcome');
      else response.writeHead(200, { 'content-length': '100' }).write('{"a":', () => response.destroy());
    }),
  );
  const at = settings(endpoint, []);
  await expect(readJson('the list', (await ask(at)).response)).rejects.toThrow(/^the list: the answer broke off after 5 bytes/);
  const page = await askHub(at, { url: `${endpoint}/page`, method: 'GET', what: 'the list' });
  await expect(readJson('the list', page.response)).rejects.toThrow(/^the list: http:\S+\/page is a web page, not a hub's answer/);
});
