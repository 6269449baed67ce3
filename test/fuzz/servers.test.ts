import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer as readMessage } from '../../src/backends/anthropic.js';
import { alignOffsets, alignTokens } from '../../src/backends/api/align.js';
import { readCompletion } from '../../src/backends/api/completion-reply.js';
import { judgeError, readRetryAfter, readServerError } from '../../src/backends/api/http.js';
import { readPromptTokens, sumTokens } from '../../src/backends/api/prompt-tokens.js';
import { readQuotas } from '../../src/backends/api/quota.js';
import { Unanswered } from '../../src/backends/api/unanswered.js';
import { openFake } from '../../src/backends/fake.js';
import { parseReference } from '../../src/backends/open.js';
import { readAnswer as readChat } from '../../src/backends/openai.js';
import { nearJson, nearText, options, property, runs, survives, TIMEOUT } from './tools.js';

/** A message about an answer goes into logs and results: short, or cut where it is used. */
function checkMessage(text: string): void {
  if (text.length > 2000) throw new Error(`a message of ${text.length} characters`);
}

/** What `read` returns; null where it says that an answer is none. */
function answered<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    checkMessage(error.message);
    return null;
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

describe(`${runs} hostile answers of servers each`, () => {
  it('/v1/completions', { timeout: TIMEOUT }, async () => {
    const echo = {
      id: 'c',
      choices: [
        {
          index: 0,
          text: 'ab c',
          finish_reason: 'length',
          logprobs: {
            tokens: ['a', 'b', ' c', 'd'],
            token_logprobs: [null, -1, -2.5, -3],
            top_logprobs: [null, { b: -1 }, { ' c': -2.5, x: -1 }, { d: -3 }],
            text_offset: [0, 1, 2, 4],
          },
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 0 } },
    };
    const prompt = {
      choices: [
        {
          index: 0,
          text: 'd',
          finish_reason: 'stop',
          prompt_logprobs: [
            null,
            { '5': { logprob: -1, rank: 1, decoded_token: 'b' } },
            { '6': { logprob: -2, decoded_token: ' c' }, '7': { logprob: -1 } },
          ],
        },
      ],
      usage: null,
    };
    let scored = 0;
    const hostile = property(
      nearJson([echo, prompt]),
      fc.constantFrom<'echo' | 'prompt_logprobs'>('echo', 'prompt_logprobs'),
      fc.boolean(),
      (text, mode, ids) => {
        const reply = answered(() => readCompletion(parse(text), 1));
        if (reply === null) return;
        if (reply.usage !== null && Object.values(reply.usage).some((n) => !(n >= 0))) throw new Error('negative usage');
        for (const choice of reply.choices) {
          const tokens = answered(() => readPromptTokens(choice, mode, ids ? [4, 5, 6] : null));
          if (tokens === null) continue;
          const score = answered(() => sumTokens(tokens, 1));
          if (score !== null && !Number.isFinite(score.logprob)) throw new Error(`scored ${score.logprob}`);
          scored++;
          const pieces = tokens.map((t) => t.piece);
          for (const place of [alignTokens(pieces, 'ab c', 2), alignOffsets(choice.logprobs?.textOffset ?? [], 'ab c', 2)])
            if (place !== null && !(place.index >= 0)) throw new Error(`boundary at ${place.index}`);
        }
      },
    );
    await fc.assert(hostile, options);
    expect(scored).toBeGreaterThan(runs / 20);
  });

  it('tokens that do not spell the text', { timeout: TIMEOUT }, async () => {
    const piece = fc.constantFrom(
      'a',
      'aa',
      '',
      ' ',
      ' a',
      'é',
      '\ufffd',
      '\ufffd\ufffd\ufffd',
      'a'.repeat(50),
      '\ufffd'.repeat(40),
      '<s>',
      'b',
    );
    const text = fc.array(fc.constantFrom('a', 'é', ' ', '\u{1f600}', 'aaaa'), { minLength: 1, maxLength: 30 }).map((t) => t.join(''));
    const hostile = property(fc.array(fc.option(piece, { freq: 12 }), { maxLength: 30 }), text, fc.nat(40), (pieces, sent, at) => {
      const found = alignTokens(pieces, sent, Math.min(at, sent.length));
      if (found !== null && (found.index < 0 || found.index > pieces.length)) throw new Error(`boundary at ${found.index}`);
    });
    await fc.assert(hostile, options);
  });

  it('chat and messages APIs', { timeout: TIMEOUT }, async () => {
    const chat = {
      id: 'x',
      model: 'm',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'B', refusal: null } }],
      usage: { prompt_tokens: 3, completion_tokens: 1 },
    };
    const parts = { ...chat, choices: [{ finish_reason: 'content_filter: x', message: { content: [{ type: 'text', text: 'a' }] } }] };
    const message = {
      type: 'message',
      model: 'm',
      content: [{ type: 'text', text: 'B' }, { type: 'thinking' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 1, cache_read_input_tokens: 0 },
    };
    let answered = 0;
    const hostile = property(nearJson([chat, parts, message]), (text) => {
      for (const answer of [readChat(parse(text)), readMessage(parse(text))]) {
        if (typeof answer === 'string') checkMessage(answer);
        else if (answer.usage !== null && !(answer.usage.input >= 0 && answer.usage.output >= 0)) throw new Error('negative usage');
        else if (answer.kind === 'text') answered++;
      }
    });
    await fc.assert(hostile, options);
    // A reason to finish that no provider names is a failure, so most of the hostile ones are no answers.
    expect(answered).toBeGreaterThan(runs / 20);
  });

  it('error answers and headers', { timeout: TIMEOUT }, async () => {
    const error = { error: { message: 'maximum context length is 5', code: 'context_length_exceeded', type: 'x', param: 'max_tokens' } };
    const KEY = 'sk-secret-0123456789abcdef';
    const bodies = [error, [error], { message: `no ${KEY}` }, { detail: [{ msg: 'x' }] }, [], null, 'text'];
    const header = fc.constantFrom(
      null,
      '0',
      '5',
      '-1',
      '1e9',
      '9'.repeat(400),
      '1m2s',
      '6h',
      'x',
      '',
      'Wed, 21 Oct 2099 07:28:00 GMT',
      '2099-01-01T00:00:00Z',
      'NaN',
      '1.5',
    );
    const status = fc.constantFrom(100, 204, 301, 400, 401, 402, 404, 413, 418, 422, 429, 500, 503, 529, 999);
    const where = { url: 'http://x/v1', model: 'm', keyFrom: 'KEY', secrets: [KEY] };
    const hostile = property(nearJson(bodies), status, header, (text, code, value) => {
      const read = readServerError(text);
      for (const said of Object.values(read)) if (typeof said !== 'string') throw new Error('no text');
      const judged = survives(() => judgeError({ status: code, header: () => value, text }, where, 0));
      if (judged !== null) {
        checkMessage(judged.message);
        if (judged.message.includes(KEY)) throw new Error('the key is shown');
      }
      const wait = readRetryAfter(() => value, 0);
      if (wait !== null && !(wait >= 0)) throw new Error(`wait ${wait}`);
      for (const quota of readQuotas(() => value, 0)) if (!(quota.remaining >= 0 && quota.resetMs >= 0)) throw new Error('quota');
    });
    await fc.assert(hostile, options);
  });

  it('model references and settings of the fake backend', { timeout: TIMEOUT }, async () => {
    const PIECES = [
      'fake:',
      'onnx:',
      'openai:',
      'completions:',
      'constructor:',
      '__proto__:',
      ':',
      ',',
      '=',
      'latency',
      'fail',
      'nan',
      'batch',
      '1',
      '0.5',
      '-1',
      '1e9',
      'Infinity',
      'NaN',
      '0x10',
      '..',
      '/',
      '\\',
      '\u0000',
      '\n',
      ' ',
      'a/b',
      '\u001b[31m',
      'x'.repeat(3000),
    ];
    const hostile = property(
      nearText(['fake:1,latency=0,fail=0.5,batch=4', 'HiTZ/latxa-7b', 'openai:gpt-4o', './models/x', 'completions:a/b'], PIECES),
      (text) => {
        const reference = survives(() => parseReference(text));
        if (reference === null) return;
        if (reference.name === '' && text !== '') throw new Error('no name');
        const fake = survives(() => openFake(reference.backend === 'fake' ? reference.name : text));
        if (fake !== null && !/^fake-[A-Za-z0-9_-]{1,32}$/.test(fake.modelName)) throw new Error(fake.modelName);
      },
    );
    await fc.assert(hostile, options);
  });
});
