/**
 * Records what a completions server answers to a few short documents, as the fixture of test/backends/recorded.test.ts.
 *
 * usage: npx vite-node benchmarks/api-record-exchanges.ts --base-url URL --model NAME --folder DIR --golden DIR --data DIR --out FILE
 *   --folder: the model's tokenizer and chat template; --golden: the harness's own values, which are stored beside the exchanges.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openHttp } from '../src/backends/api/http.js';
import { compareWith, goldenDocs, openCase } from '../test/backends/golden-server.js';

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string', default: '' },
    model: { type: 'string', default: '' },
    folder: { type: 'string', default: '' },
    golden: { type: 'string', default: '' },
    data: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
  },
});

/** Short prompts of each kind: sentences without delimiter, endings; one generation. */
const KEPT = [/^bl2mp\.plain/, /^bl2mp\.chat/, /^xstorycloze_eu\.plain/, /^mgsm_native_cot_eu\.plain/];
const LONGEST_PROMPT = 1500;
/** A whole generation would fill the fixture; its first tokens show the same. */
const NEW_TOKENS = 24;

const all = await goldenDocs(values.folder, values.golden, values.data, 1, 1);
const docs = all.filter(({ where, doc }) => KEPT.some((k) => k.test(where)) && JSON.stringify(doc.context).length < LONGEST_PROMPT);
const exchanges = new Map<string, { path: string; body: unknown; status: number; answer: unknown }>();
const http = openHttp();

async function recording(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const reply = await http.fetch(input, init);
  const text = await reply.text();
  const path = new URL(String(input)).pathname;
  const answer: Record<string, unknown> = JSON.parse(text);
  // Numbers that change from run to run.
  if ('created' in answer) answer.created = 0;
  if ('id' in answer) answer.id = 'cmpl';
  const body: unknown = init?.body == null ? null : JSON.parse(String(init.body));
  exchanges.set(`${path} ${JSON.stringify(body)}`, { path, body, status: reply.status, answer });
  return new Response(text, { status: reply.status, headers: reply.headers });
}

const requests = docs.map(({ where, doc, expected }) => {
  if (doc.request.kind === 'choices') return { where, request: doc.request, expected };
  return { where, request: { ...doc.request, maxNewTokens: NEW_TOKENS }, expected };
});
for (const promptsAs of ['ids', 'text'] as const) {
  for (const scoring of ['echo', 'prompt_logprobs'] as const) {
    const seams = { fetch: recording, env: {} };
    const backend = await openCase({ url: values['base-url'], name: values.model, folder: values.folder, promptsAs, scoring, seams });
    const kept = docs.flatMap((d, i) => {
      const request = requests[i]?.request;
      return request === undefined ? [] : [{ ...d, doc: { ...d.doc, request } }];
    });
    const result = await compareWith(backend, kept);
    process.stderr.write(`${promptsAs} ${scoring}: ${result.documents} documents, worst ${result.worst}, ${result.wrong.length} differ\n`);
  }
}
await http.close();
const round = (_key: string, value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(7)) : value);
writeFileSync(values.out, `${JSON.stringify({ documents: requests, exchanges: [...exchanges.values()] }, round, 0)}\n`);
