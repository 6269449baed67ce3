/** Servers that fall silent or break off: what it may have cost, how soon it is said, and that an address is no identity. */
import { describe, expect, it } from 'vitest';
import type { Seams } from '../../src/backends/api/options.js';
import { openCompletions } from '../../src/backends/completions.js';
import { openOpenAI } from '../../src/backends/openai.js';
import type { Ask, GenerateRequest } from '../../src/types.js';
import { type Fault, type FaultServer, type Shape, startFaultServer } from './fault-server.js';
import { createVirtualClock, seededRandom, type VirtualClock } from './virtual-clock.js';

const COMMON = { apiKeyEnv: null, concurrency: null, maxCostUsd: null, pricesFile: null };

async function withServer<T>(
  shape: Shape,
  fault: (text: string, times: number) => Fault | null,
  use: (url: string, seams: Pick<Seams, 'random' | 'fetch' | 'env'> & { readonly clock: VirtualClock }, server: FaultServer) => Promise<T>,
): Promise<T> {
  const clock = createVirtualClock();
  const server = await startFaultServer({ clock, shape, latencyMs: 100, fault });
  try {
    return await use(server.url, { clock, random: seededRandom(3), fetch: server.fetch, env: { OPENAI_API_KEY: 'k-test' } }, server);
  } finally {
    await server.close();
  }
}

describe('--max-cost', () => {
  const DOCUMENTS = 120;
  /** Longer than the 100 tokens that the server counts for every prompt. */
  const QUESTION = `zein da? ${'hitz bat '.repeat(30)}`;
  const requestOf = (id: number): GenerateRequest => ({
    kind: 'generate',
    context: [{ role: 'user', content: `Galdera ${id}: ${QUESTION}` }],
    until: [],
    maxNewTokens: 1,
  });
  async function* asks(): AsyncGenerator<Ask> {
    for (let id = 0; id < DOCUMENTS; id++) yield { id, request: requestOf(id) };
  }

  it.each(['cut connection', 'hang', 'truncated JSON'] as const)('counts requests that were sent and never answered (%s)', async (kind) => {
    await withServer(
      'openai',
      (text, times) => (times === 1 && /Galdera \d*[13579]:/.test(text) ? kind : null),
      async (url, seams, server) => {
        const maxCostUsd = 0.03;
        const backend = await openOpenAI({ ...COMMON, name: 'gpt-4o-2024-11-20', baseUrl: url, timeoutSeconds: 2, maxCostUsd, seams });
        const kinds: string[] = [];
        await seams.clock.drive(
          (async () => {
            for await (const { response } of backend.ask(asks(), new AbortController().signal))
              kinds.push(response.kind === 'failure' ? response.reason : response.kind);
          })(),
        );
        const { cost_usd, cost_usd_of_unanswered_at_most } = backend.work().details;
        // 2.50 dollars a million: a token has at least one byte, so each may have cost as much as its bytes.
        const least = (Buffer.byteLength(QUESTION) * 2.5) / 1e6;
        expect(server.dealt.get(kind)).toBeGreaterThan(5);
        expect(Number(cost_usd_of_unanswered_at_most)).toBeGreaterThan((server.dealt.get(kind) ?? 0) * least);
        expect(Number(cost_usd) + Number(cost_usd_of_unanswered_at_most)).toBeLessThanOrEqual(maxCostUsd);
        expect(kinds).toHaveLength(DOCUMENTS);
        expect(kinds).toContain('budget');
        await backend.close();
      },
    );
  });
});

describe('the first look at a completions server', () => {
  const options = { ...COMMON, name: 'model', tokenizer: null, maxLength: null };

  it('ends in one line when nothing answers within --timeout', async () => {
    await withServer(
      'completions',
      () => 'hang',
      async (url, seams) => {
        const opening = openCompletions({ ...options, baseUrls: [url], timeoutSeconds: 2, seams });
        await expect(seams.clock.drive(opening)).rejects.toMatchObject({ name: 'UserError', message: expect.stringContaining(url) });
        expect(seams.clock.now()).toBeLessThan(20_000);
      },
    );
  });

  it('heeds the user who stops the program', async () => {
    await withServer(
      'completions',
      () => 'hang',
      async (url, seams) => {
        const stop = new AbortController();
        const opening = openCompletions({ ...options, baseUrls: [url], timeoutSeconds: 600, signal: stop.signal, seams });
        void seams.clock.sleep(1000).then(() => stop.abort());
        await expect(seams.clock.drive(opening)).rejects.toThrow();
        expect(seams.clock.now()).toBeLessThan(5000);
      },
    );
  });
});

describe('the identity under which answers are kept', () => {
  it("holds no address of a server of one's own, which is another behind every tunnel", async () => {
    const identityAt = async (shape: 'openai' | 'completions'): Promise<unknown> =>
      withServer(
        shape,
        () => null,
        async (url, seams) => {
          const opening =
            shape === 'openai'
              ? openOpenAI({ ...COMMON, name: 'model', baseUrl: url, timeoutSeconds: null, seams })
              : openCompletions({
                  ...COMMON,
                  name: 'model',
                  baseUrls: [url],
                  tokenizer: null,
                  maxLength: null,
                  timeoutSeconds: null,
                  seams,
                });
          const backend = await seams.clock.drive(opening);
          expect(JSON.stringify(backend.identity)).not.toContain(new URL(url).port);
          await backend.close();
          return backend.identity;
        },
      );
    for (const shape of ['openai', 'completions'] as const) expect(await identityAt(shape)).toEqual(await identityAt(shape));
  });
});
