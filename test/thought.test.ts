import { describe, expect, it, test } from 'vitest';
import { openCompletions } from '../src/backends/completions.js';
import { newCounters } from '../src/backends/onnx/counters.js';
import { newGrowing, takeToken } from '../src/backends/onnx/greedy.js';
import { openOpenAI } from '../src/backends/openai.js';
import { loadTokenizer } from '../src/models/tokenizer.js';
import { packagePath } from '../src/package-files.js';
import { countScored, describeCounts, noCounts } from '../src/results/counts.js';
import { sampleLines } from '../src/results/samples.js';
import { planRun } from '../src/run/plan.js';
import { scoreDocument } from '../src/scoring/score.js';
import { beginsInThought, cutBehindThought, findThought, openingOf } from '../src/thought.js';
import type { Response as Answer, Ask, GenerateRequest, GenerateResponse, PreparedDoc, ThoughtRule } from '../src/types.js';
import { createVirtualClock, seededRandom } from './backends/virtual-clock.js';
import { metric, preparedOf, taskOf } from './scoring/prepared.js';

const MARKS = ['</think>', '◁/think▷', '</thought>', '[/THINK]'] as const;
const rule = (mark: string = MARKS[0], awaited = false): ThoughtRule => ({ mark, awaited });

/** What is left of a text behind its thought. */
function answerOf(text: string, one = rule(), begun = false): string | null {
  const found = findThought(text, one, begun);
  return found.kind === 'none' ? text : found.kind === 'open' ? null : text.slice(found.end);
}

describe.each(MARKS)('a thought that ends with %s', (mark) => {
  const opening = openingOf(mark) ?? '';
  test.each([
    ['one thought', `${opening}\nA or C?\n${mark}\n\nB`, 'B'],
    ['a thought opened by the prompt', `A or C?${mark} B`, 'B'],
    ['several thoughts', `${opening}A${mark} C ${opening}no${mark}\nB`, 'B'],
    ['a mark inside a thought', `${opening}I close it with ${mark} soon${mark}B`, 'B'],
    ['a thought and nothing behind it', `${opening}A${mark}\n`, ''],
    ['a thought that never ends', `${opening}A or`, null],
    ['a second thought that never ends', `${opening}A${mark}\n${opening}C`, null],
    ['a refusal behind the thought', `${opening}A?${mark}I cannot answer.`, 'I cannot answer.'],
    ['no thought', '  B\n', '  B\n'],
    ['half a mark', `B ${mark.slice(0, -1)}`, `B ${mark.slice(0, -1)}`],
  ])('%s', (_, text, answer) => {
    expect(answerOf(text, rule(mark))).toBe(answer);
  });

  it('is looked for from the prompt on', () => {
    expect(beginsInThought(`<|assistant|>${opening}\n`, rule(mark))).toBe(true);
    expect(beginsInThought(`<|assistant|>${opening}\n\n${mark}\n\n`, rule(mark))).toBe(false);
    expect(beginsInThought([{ role: 'user', content: opening }], rule(mark))).toBe(false);
    expect(answerOf('A or', rule(mark), true)).toBeNull();
  });

  it('is not cut at stop strings, the answer behind it is', () => {
    const text = `${opening}Question: what?\n\n5 and 4.${mark}\n\nThe answer is 18.\n\nQuestion: next`;
    expect(cutBehindThought(text, ['\n\n', 'Question:'], rule(mark), false)).toEqual({
      text: `${opening}Question: what?\n\n5 and 4.${mark}\n\nThe answer is 18.`,
      found: true,
    });
    expect(cutBehindThought(`${opening}Question:`, ['Question:'], rule(mark), false)).toEqual({
      text: `${opening}Question:`,
      found: false,
    });
    expect(cutBehindThought('18\n\nQuestion:', ['\n\n'], rule(mark), false)).toEqual({ text: '18', found: true });
  });
});

test('a mark without a slash opens nothing', () => {
  expect(openingOf('###')).toBeNull();
  expect(answerOf('so it is B ### B', rule('###'))).toBe('B');
});

/** A letter task as it is asked of an API model. */
const letters = taskOf({
  outputType: 'generate_until',
  docToChoice: { kind: 'list', items: ['A', 'B', 'C', 'D'] },
  filters: [{ name: 'letter', steps: [{ function: 'remove_whitespace' }] }],
  metrics: [metric('exact_match', { ignore_case: true, ignore_punctuation: true })],
});

function letterDocument(thought: ThoughtRule | undefined, maxNewTokens: number): PreparedDoc {
  const request: GenerateRequest = {
    kind: 'generate',
    context: [{ role: 'user', content: 'Which?' }],
    until: [],
    maxNewTokens,
    ...(thought === undefined ? {} : { thought }),
  };
  return { ...preparedOf(letters, {}, 'B', null), request };
}

/** Score, sample fields and the closing line of one answer. */
function judged(text: string, more: { finish?: 'stop' | 'length'; thought?: ThoughtRule | null; maxNewTokens?: number } = {}) {
  const prepared = letterDocument(more.thought === null ? undefined : (more.thought ?? rule()), more.maxNewTokens ?? 2048);
  const response: GenerateResponse = { kind: 'generate', text, finish: more.finish ?? 'stop' };
  const scored = scoreDocument(prepared, response);
  const counts = noCounts();
  countScored(counts, scored);
  const [line = ''] = sampleLines(prepared, response, scored);
  const { resps, filtered_resps, finish, thinking_removed, thinking_unfinished, empty, unparsable, predicted, exact_match } =
    JSON.parse(line);
  return {
    sample: { resps, filtered_resps, finish, thinking_removed, thinking_unfinished, empty, unparsable, predicted, exact_match },
    counted: describeCounts(counts),
  };
}

describe('the text that is scored is the one that is counted', () => {
  it.each([
    ['think', '<think>\nIt may be A, or C.\n</think>\n\nB'],
    ['thinkopen', 'It may be A, or C.\n</think>\n\nB'],
    ['thinkb', '<think>\nClearly B.\n</think>\n\nB'],
  ])('%s: the letter behind the thought is right, and the sample keeps everything', (_, text) => {
    expect(judged(text)).toEqual({
      sample: { resps: [[text]], filtered_resps: ['B'], finish: 'stop', thinking_removed: true, predicted: 1, exact_match: 1 },
      counted: '1 thought taken off before scoring',
    });
  });

  it('a letter inside the thought is no answer', () => {
    expect(judged('<think>Clearly B.</think> I cannot say.').counted).toBe(
      '1 thought taken off before scoring; 1 answer without a letter (counted as wrong)',
    );
  });

  it('a thought that never ends is an empty answer, cut or not', () => {
    const { sample, counted } = judged('<think>It is B', { finish: 'length' });
    expect(sample).toMatchObject({ thinking_unfinished: true, empty: true, unparsable: true, exact_match: 0, resps: [['<think>It is B']] });
    expect(counted).toContain('1 answer cut at the limit of new tokens');
    expect(counted).toContain('1 thought that never ended (scored as an empty answer)');
    expect(judged('<think>It is B').counted).not.toContain('cut');
  });

  it('answers that are cut or empty are counted; the one token of a letter is no cut', () => {
    expect(judged('B', { finish: 'length', maxNewTokens: 1, thought: null })).toEqual({
      sample: { resps: [['B']], filtered_resps: ['B'], finish: 'length', predicted: 1, exact_match: 1 },
      counted: null,
    });
    expect(judged('B, since', { finish: 'length' }).counted).toContain('1 answer cut at the limit of new tokens');
    expect(judged(' \n').counted).toBe('1 empty answer; 1 answer without a letter (counted as wrong)');
  });

  it('without a rule everything is the answer', () => {
    expect(judged('<think>A?</think>B', { thought: null }).sample).toMatchObject({ unparsable: true, exact_match: 0 });
  });
});

test('choices show the predicted one and how far it is ahead', () => {
  const prepared = preparedOf(taskOf({ metrics: [metric('acc')] }), {}, 0, ['a', 'b', 'c']);
  const response = { kind: 'choices', logprobs: [-3, -1.5, -2], greedy: [false, false, false] } as const;
  const [line = ''] = sampleLines(prepared, response, scoreDocument(prepared, response));
  expect(JSON.parse(line)).toMatchObject({ predicted: 1, margin: 0.5, acc: 0 });
  expect(JSON.parse(line)).not.toHaveProperty('finish');
});

/** Asks a server that writes `text`, and cuts it at the stop strings that it is sent, as servers do. */
async function askServer(text: string, requests: readonly GenerateRequest[], kind: 'chat' | 'completions' = 'chat') {
  const clock = createVirtualClock();
  const sent: Record<string, unknown>[] = [];
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    if (init?.body === undefined) return Response.json({ data: [{ id: 'm' }] });
    const body: Record<string, unknown> = JSON.parse(String(init.body));
    // What is no generation of ours is a look at what the server can do: nothing but generating.
    if (body.max_tokens !== 4096) return Response.json({ choices: [{ index: 0, finish_reason: 'length', text: '' }] });
    sent.push(body);
    const stop = Array.isArray(body.stop) ? body.stop.map(String) : [];
    const ends = stop.map((s) => text.indexOf(s)).filter((at) => at >= 0);
    const content = ends.length === 0 ? text : text.slice(0, Math.min(...ends));
    await clock.sleep(100);
    return Response.json({
      choices: [
        { index: 0, finish_reason: 'stop', ...(kind === 'chat' ? { message: { role: 'assistant', content } } : { text: content }) },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 9 },
    });
  };
  const common = {
    name: 'm',
    apiKeyEnv: null,
    concurrency: 1,
    timeoutSeconds: null,
    maxCostUsd: null,
    pricesFile: null,
    seams: { clock, random: seededRandom(1), fetch, env: {}, wallClock: () => 0 },
  };
  const url = 'http://localhost:1/v1';
  const opened =
    kind === 'chat'
      ? openOpenAI({ ...common, baseUrl: url })
      : openCompletions({ ...common, baseUrls: [url], tokenizer: null, maxLength: null });
  const answers: Answer[] = [];
  async function* asks(): AsyncGenerator<Ask> {
    for (const [id, request] of requests.entries()) yield { id, request };
  }
  const all = async (): Promise<void> => {
    const backend = await opened;
    for await (const { response } of backend.ask(asks(), new AbortController().signal)) answers.push(response);
  };
  await clock.drive(all());
  return { answers, stops: sent.map((body) => body.stop ?? null) };
}

describe.each(['chat', 'completions'] as const)('stop strings and servers (%s)', (kind) => {
  const until = ['Question:', '</s>'];
  const asked = (thought?: ThoughtRule, context = 'How many?'): GenerateRequest => ({
    kind: 'generate',
    context: kind === 'chat' ? [{ role: 'user', content: context }] : context,
    until,
    maxNewTokens: 4096,
    ...(thought === undefined ? {} : { thought }),
  });
  const text = '<think>\nQuestion: what is asked? 5 and 4.\n</think>\n\nThe answer is 18.';

  it('are not sent where the thought is awaited', async () => {
    const { answers, stops } = await askServer(`${text} Question: next`, [asked(rule('</think>', true))], kind);
    expect(stops).toEqual([null]);
    expect(answers).toMatchObject([{ kind: 'generate', text: `${text} `, finish: 'stop' }]);
  });

  it('are sent until one has ended a thought; that request is asked again, and later ones go without', async () => {
    const { answers, stops } = await askServer(text, [asked(rule()), asked(rule())], kind);
    expect(stops.slice(0, 1)).toEqual([until]);
    expect(stops.slice(-1)).toEqual([null]);
    expect(answers).toMatchObject([{ text }, { text }]);
  });

  it('are sent to a model that never thinks', async () => {
    const { answers, stops } = await askServer('18 Question: next', [asked(rule()), asked()], kind);
    expect(stops).toEqual([until, until]);
    expect(answers).toMatchObject([{ text: '18 ' }, { text: '18 ' }]);
  });

  it.runIf(kind === 'completions')('are not sent where the prompt has opened the thought', async () => {
    const rest = text.slice('<think>\n'.length);
    const { answers, stops } = await askServer(rest, [asked(rule(), 'How many?<think>\n')], kind);
    expect(stops).toEqual([null]);
    expect(answers).toMatchObject([{ text: rest }]);
  });
});

test('a run looks for </think> unless it is told another mark or none; a mark or more new tokens say that the model thinks', () => {
  const backend = { modelName: 'm', source: 'openai', families: ['api'], kinds: new Set(['generate'] as const), renderChat: null } as const;
  const planned = (more: { thinking?: string; maxNewTokens?: number }) => {
    const { thinking, thinkingAwaited } = planRun([], backend, more);
    return [thinking, thinkingAwaited];
  };
  expect(planned({})).toEqual(['</think>', false]);
  expect(planned({ maxNewTokens: 1 })).toEqual(['</think>', false]);
  expect(planned({ maxNewTokens: 2048 })).toEqual(['</think>', true]);
  expect(planned({ thinking: '[/THINK]' })).toEqual(['[/THINK]', true]);
  expect(planned({ thinking: 'none', maxNewTokens: 2048 })).toEqual([null, false]);
});

describe('stop strings and local generation', async () => {
  const tokenizer = await loadTokenizer(packagePath('fixtures/models/tiny-llama'));

  /** Generates the tokens of `text` one by one, until a rule ends it. */
  async function generate(text: string, thought: ThoughtRule | null, more: { begun?: boolean; limit?: number } = {}) {
    const tokens = await tokenizer.encode(text);
    const growing = newGrowing({
      kind: 'generate',
      id: 0,
      ids: [1],
      tokens: 1,
      until: ['\n\n'],
      lookback: 4,
      maxNewTokens: more.limit ?? tokens.length,
      turn: 'short',
      notes: undefined,
      ...(thought === null ? {} : { thought: { rule: thought, begun: more.begun ?? false, end: null } }),
    });
    for (const token of tokens) {
      const answer = takeToken(growing, { token, logprob: -1 }, { tokenizer, eos: new Set() }, newCounters());
      if (answer?.response.kind === 'generate') return { text: answer.response.text.trim(), finish: answer.response.finish };
    }
    return null;
  }

  it('takes several tokens for a mark', async () => {
    expect((await tokenizer.encode('</think>')).length).toBeGreaterThan(1);
  });

  it.each([...MARKS])('%s: only what is behind the thought can stop', async (mark) => {
    const thought = `${openingOf(mark)}a\n\nb${mark}\n\nB`;
    expect(await generate(`${thought}\n\nnot this`, rule(mark))).toEqual({ text: thought, finish: 'stop' });
    expect(await generate(`a\n\nb${mark}\n\nB\n\nnot`, rule(mark), { begun: true })).toEqual({
      text: `a\n\nb${mark}\n\nB`,
      finish: 'stop',
    });
    expect(await generate(`a\n\nb${mark} B\n\nnot`, rule(mark, true))).toEqual({ text: `a\n\nb${mark} B`, finish: 'stop' });
  });

  it('goes on inside a thought up to the limit', async () => {
    const text = '<think>a\n\nb c d e f';
    expect(await generate(text, rule())).toEqual({ text, finish: 'length' });
  });

  it('ends as ever where the model does not think', async () => {
    expect(await generate('A\n\nnot this', rule())).toEqual({ text: 'A', finish: 'stop' });
    expect(await generate('A\n\nnot this', null)).toEqual({ text: 'A', finish: 'stop' });
    expect(await generate('A\n\nnot this', rule('</think>', true))).toEqual({ text: 'A', finish: 'stop' });
    expect(await generate('A b c', rule())).toEqual({ text: 'A b c', finish: 'length' });
  });
});
