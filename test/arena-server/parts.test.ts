import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shown } from '../../src/arena-server/answer.js';
import { CHOICES, contradict, wholeOf } from '../../src/arena-server/choice.js';
import { configFrom, configOf } from '../../src/arena-server/config.js';
import { drawPair, pairKey, pairsOf } from '../../src/arena-server/draw.js';
import { type AnswerStream, EndpointError, endpointStream } from '../../src/arena-server/endpoint.js';
import { addressHash, digest, makePassphrase } from '../../src/arena-server/identity.js';
import { isFresh, Kept } from '../../src/arena-server/kept.js';
import { givesName } from '../../src/arena-server/live-turns.js';
import { advance, isOver, mayBegin, type Shown } from '../../src/arena-server/pace.js';
import { silentModels } from '../../src/arena-server/probe.js';
import { RateLimit } from '../../src/arena-server/rate-limit.js';
import { RequestError } from '../../src/arena-server/request-error.js';
import { eventData } from '../../src/arena-server/sse.js';
import { openConnections } from '../../src/http/connections.js';
import { packagePath } from '../../src/package-files.js';

const MODELS = ['d', 'a', 'c', 'b'];
const base = { models: MODELS, counts: new Map<string, number>(), policy: 'even', strengths: new Map(), seed: 7, name: 'x' } as const;

describe('the draw', () => {
  it('follows from seed and name, and can be repeated from its record', () => {
    const draw = drawPair(base);
    expect(drawPair({ ...base, models: [...MODELS].reverse() })).toEqual(draw);
    const others = Array.from({ length: 50 }, (_, i) => JSON.stringify(drawPair({ ...base, name: String(i) })));
    expect(new Set(others).size).toBe(50);
    expect(drawPair({ ...base, seed: 8 })?.number).not.toBe(draw?.number);
    // The recorded number falls into the recorded weight of the recorded pair.
    const at = pairsOf(MODELS).findIndex(([a, b]) => pairKey(a, b) === pairKey(draw?.left ?? '', draw?.right ?? ''));
    expect(Math.floor((draw?.number ?? 0) * 6)).toBe(at);
  });

  it('evens out the pairs: none is more than one ahead of another', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 63; i++) {
      const draw = drawPair({ ...base, name: String(i), counts });
      const key = pairKey(draw?.left ?? '', draw?.right ?? '');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const fought = [...counts.values()].sort((x, y) => x - y);
    expect(fought).toEqual([10, 10, 10, 11, 11, 11]);
  });

  it('prefers pairs that are close and were seldom drawn', () => {
    const strengths = new Map([
      ['a', 0],
      ['b', 0],
      ['c', 4],
      ['d', 0],
    ]);
    const counts = new Map(
      [...'ab1 bd100 ad100 ac1 bc1 cd1'.matchAll(/(\w)(\w)(\d+)/g)].map(([, a = '', b = '', n]) => [pairKey(a, b), Number(n)]),
    );
    const draw = drawPair({ ...base, policy: 'uncertain', strengths, counts });
    const weight = new Map(pairsOf(MODELS).map(([a, b], i) => [a + b, draw?.weights[i] ?? Number.NaN]));
    // sqrt(p (1 - p)) (1/sqrt n - 1/sqrt(n + 1)), computed by hand.
    expect(weight.get('ab')).toBeCloseTo(0.5 * (1 - Math.SQRT1_2), 12);
    expect(weight.get('bd')).toBeCloseTo(0.5 * (0.1 - 1 / Math.sqrt(101)), 12);
    expect(weight.get('ac')).toBeCloseTo(Math.sqrt((1 / (1 + Math.exp(4))) * (1 / (1 + Math.exp(-4)))) * (1 - Math.SQRT1_2), 12);
  });

  it('keeps a side where only the other is replaced; two models at least', () => {
    for (const side of ['left', 'right'] as const)
      for (let i = 0; i < 20; i++) {
        const draw = drawPair({ ...base, name: String(i), models: ['a', 'c', 'd'], fixed: { model: 'c', side } });
        expect(draw?.[side]).toBe('c');
        expect(draw?.left).not.toBe(draw?.right);
      }
    expect(drawPair({ ...base, models: ['a'] })).toBeNull();
    expect(drawPair({ ...base, models: ['a', 'b'], fixed: { model: 'c', side: 'left' } })).toBeNull();
  });
});

describe('the pace', () => {
  const text = 'abc👍🏽defgh'.repeat(20);
  it('shows both sides alike, waits for the slower one, and cuts no character in half', () => {
    let now: Shown = { a: 0, b: 0 };
    const steps: Shown[] = [];
    for (let t = 0; t < 500; t++) {
      const sides = {
        a: text.slice(0, t * 30),
        b: text.slice(0, Math.max(0, (t - 10) * 2)),
        wholeA: t * 30 >= text.length,
        wholeB: (t - 10) * 2 >= text.length,
      };
      now = advance(sides, now, 7);
      steps.push(now);
      if (isOver(sides, now)) break;
    }
    expect(now).toEqual({ a: text.length, b: text.length });
    for (const s of steps) {
      expect(s.a).toBe(s.b);
      expect(text.slice(0, s.a)).not.toMatch(/[\ud800-\udbff]$/);
    }
  });

  it('lets the longer answer go on alone, and begins when both have something', () => {
    const sides = { a: 'ab', b: 'abcdefgh', wholeA: true, wholeB: true };
    expect(advance(sides, { a: 0, b: 0 }, 5)).toEqual({ a: 2, b: 5 });
    expect(advance(sides, { a: 2, b: 5 }, 5)).toEqual({ a: 2, b: 8 });
    expect(mayBegin({ ...sides, wholeB: false }, 10)).toBe(false);
    expect(mayBegin({ ...sides, wholeB: false }, 8)).toBe(true);
    expect(mayBegin({ ...sides, wholeB: false }, Number.POSITIVE_INFINITY)).toBe(false);
  });
});

describe('answers', () => {
  it.each([
    [' \n Kaixo \n', false, 'Kaixo'],
    ['<thi', false, ''],
    ['<thi', true, '<thi'],
    ['<think>hm', false, ''],
    ['<think>hm</think>\n\nBai', false, 'Bai'],
    ['<think>hm', true, ''],
    ['a <think>', true, 'a <think>'],
  ])('of %j, whole %s, %j is shown', (raw, whole, out) => expect(shown(raw, whole)).toBe(out));

  it('that name a model, and prompts that did so before', () => {
    const words = ['GPT-4', 'Latxa', 'o1'];
    expect(givesName(words, ['Ni gpt-4 naiz'], ['Nor zara?'])).toBe(true);
    expect(givesName(words, ['GPT-4o da'], ['Zer da?'])).toBe(false);
    expect(givesName(words, ['Latxa ardi bat da'], ['Zer da latxa?'])).toBe(false);
    expect(givesName(words, ['', 'Latxa naiz.'], ['kaixo'])).toBe(true);
  });
});

describe('votes', () => {
  it('the whole follows from the others but where they contradict each other', () => {
    const table = CHOICES.flatMap((content) => CHOICES.map((language) => `${content}${language}:${wholeOf(content, language)}`));
    expect(table.join(' ')).toBe(
      'aa:a ab:null atie:a abad:a ba:null bb:b btie:b bbad:b tiea:a tieb:b tietie:tie tiebad:tie bada:a badb:b badtie:tie badbad:bad'.replaceAll(
        ',',
        '',
      ),
    );
    expect(CHOICES.flatMap((c) => CHOICES.filter((l) => contradict(c, l)).map((l) => c + l))).toEqual(['ab', 'ba']);
  });
});

describe('identities', () => {
  it('passphrases are many and come back however they are typed', () => {
    const all = Array.from({ length: 200 }, makePassphrase);
    expect(new Set(all).size).toBe(200);
    for (const p of all) expect(p).toMatch(/^([bdfgklmnprstxz][aeiou]){2}(-([bdfgklmnprstxz][aeiou]){2}){6}$/);
    expect(digest(' KELU mota-Zita ')).toBe(digest('kelu-mota-zita'));
  });

  it('addresses: one of IPv4 is one, of IPv6 its first half, and another secret hides them', () => {
    const hash = (address: string) => addressHash('s', address);
    expect(hash('::ffff:1.2.3.4')).toBe(hash('1.2.3.4'));
    expect(hash('1.2.3.4')).not.toBe(hash('1.2.3.5'));
    expect(hash('2001:db8:0:1::1')).toBe(hash('2001:0db8:0000:0001:ffff:2:3:4'));
    expect(hash('2001:db8:0:1::1')).not.toBe(hash('2001:db8:0:2::1'));
    expect(addressHash('t', '1.2.3.4')).not.toBe(hash('1.2.3.4'));
    expect(hash('1.2.3.4')).not.toContain('1.2');
  });
});

it('a rate limit lets through a burst, then as many as time allows', () => {
  let time = 0;
  const limit = new RateLimit(60, () => time);
  /** Seconds to wait. */
  const take = (place: string): number | null => {
    try {
      limit.take(place, 'requests');
      return 0;
    } catch (error) {
      return error instanceof RequestError ? error.retryAfter : null;
    }
  };
  const burst = Array.from({ length: 61 }, () => take('x'));
  expect(burst.filter((wait) => wait === 0)).toHaveLength(60);
  expect(burst.at(-1)).toBe(1);
  expect(take('y')).toBe(0);
  time = 1000;
  expect([take('x'), take('x')]).toEqual([0, 1]);
  // A clock that is set back a day locks nobody out.
  time -= 86_400_000;
  expect(take('x')).toBe(1);
  time += 1000;
  expect(take('x')).toBe(0);
});

it('something kept is made once for all who ask, again when it is old or forgotten, and after a failure', async () => {
  let [time, made] = [0, 0];
  const kept = new Kept(
    async () => (++made === 4 ? Promise.reject(new Error('away')) : made),
    60,
    () => time,
  );
  expect(await Promise.all([kept.read(), kept.read()])).toEqual([1, 1]);
  time = 61;
  expect(await kept.read()).toBe(2);
  kept.forget();
  expect(await kept.read()).toBe(3);
  kept.forget();
  await expect(kept.read()).rejects.toThrow('away');
  expect(await kept.read()).toBe(5);
});

it('what is kept for a while is not kept until a clock that was set back is there again', () => {
  expect([0, 60, 61, -1].map((age) => isFresh(1000, 1000 + age, 60))).toEqual([true, true, false, false]);
});

it('models that do not answer are told when the arena starts, and why', async () => {
  const stream: AnswerStream = async function* (model) {
    if (model.name === 'A') yield 'Kaixo';
    if (model.name === 'B') throw new EndpointError('HTTP 404: no such model');
  };
  const models = ['A', 'B', 'C', 'D'].map((name) => ({ name, url: 'http://x/v1', model: name, active: name !== 'D' }));
  expect(await silentModels(configOf({ models }, 'a.yaml'), stream)).toEqual([
    'B does not answer: HTTP 404: no such model',
    'C does not answer: an empty answer',
  ]);
});

describe('streams of endpoints', () => {
  async function* bytes(...parts: string[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield new TextEncoder().encode(part);
  }
  const read = async (...parts: string[]): Promise<string[]> => {
    const all: string[] = [];
    for await (const data of eventData(bytes(...parts))) all.push(data);
    return all;
  };

  it('events come whole, however they are cut', async () => {
    const text = ': hello\ndata: {"a":\r\ndata: 1}\r\n\r\nevent: x\ndata:b\n\ndata: last';
    const expected = ['{"a":\n1}', 'b', 'last'];
    expect(await read(text)).toEqual(expected);
    expect(await read(...text)).toEqual(expected);
    await expect(read('x'.repeat(1_000_001))).rejects.toThrow(/no end/);
  });

  const served = async (status: number, body: string): Promise<{ url: string; asked: unknown[]; close: () => void }> => {
    const { createServer } = await import('node:http');
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (piece) => {
        text += String(piece);
      });
      request.on('end', () => {
        asked.push({ path: request.url, headers: request.headers, body: JSON.parse(text) });
        response.writeHead(status).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, asked, close: () => server.close() };
  };
  const settings = { system_prompt: 'Be good.', sampling: { temperature: 0.9, top_p: 0.95, max_tokens: 100 } };
  const model = { name: 'M', model: 'org/m', without: [], active: true, key_env: 'KEY' };

  it.each([
    [
      'openai',
      '/v1',
      'data: {"choices":[{"delta":{"content":"Kai"}}]}\n\ndata: {"choices":[{"delta":{"content":"xo"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    ],
    [
      'anthropic',
      '',
      'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Kaixo"}}\n\ndata: {"type":"message_stop"}\n\n',
    ],
  ] as const)('%s: the same system prompt and sampling, the key in a header', async (api, path, body) => {
    const server = await served(200, body);
    const connections = openConnections({ silenceMs: 0 });
    const stream = endpointStream(settings, connections, { KEY: 'sekretua-1234' });
    let text = '';
    for await (const piece of stream(
      { ...model, api, url: server.url + path },
      [{ role: 'user', content: 'Hi' }],
      new AbortController().signal,
    ))
      text += piece;
    expect(text).toBe('Kaixo');
    expect(server.asked).toMatchObject([{ body: { model: 'org/m', stream: true, temperature: 0.9, top_p: 0.95, max_tokens: 100 } }]);
    expect(JSON.stringify(server.asked)).toContain('Be good.');
    expect(JSON.stringify(server.asked)).toContain('sekretua-1234');
    server.close();
    await connections.close();
  });

  it.each([
    [500, '{"error":"the key sekretua-1234 is bad"}', /^HTTP 500: .*\[key\]/],
    [200, 'data: {"choices":[{"delta":{"content":"Kai"}}]}\n\n', /ended before the answer did/],
    [200, 'data: {"error":{"message":"overloaded"}}\n\n', /reports an error: .*overloaded/],
    [200, 'data: {"choices":[{"delta":{},"finish_reason":"content_filter"}]}\n\n', /filtered/],
    [200, 'data: <html>\n\n', /no JSON/],
  ])('status %i with %j is a failure', async (status, body, message) => {
    const server = await served(status, body);
    const connections = openConnections({ silenceMs: 0 });
    const stream = endpointStream(settings, connections, { KEY: 'sekretua-1234' });
    const all = async () => {
      for await (const _ of stream({ ...model, api: 'openai', url: server.url }, [], new AbortController().signal));
    };
    await expect(all()).rejects.toThrow(message);
    await expect(all()).rejects.toBeInstanceOf(EndpointError);
    server.close();
    await connections.close();
  });
});

describe('ARENA.yaml', () => {
  const two = 'models:\n- {name: A, url: "http://x/v1", model: a}\n- {name: B, url: "http://y/v1", model: b}\n';
  it('needs two models; the paper gives the sampling', () => {
    const config = configFrom(two, 'a.yaml');
    expect(config.sampling).toEqual({ temperature: 0.9, top_p: 0.95, max_tokens: 1024 });
    expect(config.draw).toBe('even');
  });
  it('is documented as it is: the sample of the documentation is valid, and its values are the defaults', () => {
    const sample = /```yaml\n([\s\S]*?)```/.exec(readFileSync(packagePath('docs/arena-serve.md'), 'utf8'))?.[1] ?? '';
    const documented = configFrom(sample.replaceAll('eu: ..., es: ..., en: ...', 'eu: a, es: b, en: c'), 'sample');
    const defaults = configFrom(two, 'a.yaml');
    const own = ['models', 'guidelines', 'privacy', 'origin', 'trusted_proxies'];
    const rest = (config: object) => Object.fromEntries(Object.entries(config).filter(([key]) => !own.includes(key)));
    expect(rest(documented)).toEqual(rest(defaults));
  });
  it.each([
    ['models: []', /^a\.yaml: models: /],
    [`${two}colour: blue`, /^a\.yaml: .*colour/],
    [two.replace('name: B', 'name: A'), /two are called 'A'/],
    [two.replace('model: b', 'model: b, active: false'), /two must be active/],
    [`${two}registration: invitation`, /invitations: registration by invitation needs codes/],
    [`${two}sampling: {temperature: hot}`, /^a\.yaml: sampling\.temperature: /],
    [two.replace('http://x/v1', 'ftp://x'), /^a\.yaml: models\.0\.url: /],
    [two.replace('http://x/v1', 'http://x/v1/chat/completions'), /models\.0\.url: give what stands before \/chat\/completions/],
    [two.replace('name: B', 'name: "A\\u200b"'), /models\.1\.name: holds a character that cannot be seen/],
    ['[[[', /^a\.yaml: not YAML: /],
  ])('%j is refused by name', (text, message) => expect(() => configFrom(text, 'a.yaml')).toThrow(message));
});
