import { describe, expect, it } from 'vitest';
import { newCounters } from '../../src/backends/onnx/counters.js';
import { newGrowing, takeToken } from '../../src/backends/onnx/greedy.js';
import { type ModelTokenizer, makeTokenizer } from '../../src/models/tokenizer.js';

const TEXT = 'Erantzuna 5 , 3 da .';
const words = TEXT.split(' ');
const FORCED = { clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output: true };

/** Words with a space between them, as a WordLevel model spells them, or the same text from a byte-pair model whose tokens hold the spaces. */
function tokenizerOf(type: 'BPE' | 'WordLevel', config: Readonly<Record<string, boolean>>): ModelTokenizer {
  const tokens = type === 'BPE' ? words.map((word, i) => (i === 0 ? word : ` ${word}`)) : words;
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const model = type === 'BPE' ? { type, vocab, merges: [], ignore_merges: true } : { type, vocab, unk_token: '.' };
  const decoder = type === 'BPE' ? { type: 'Fuse' } : null;
  return makeTokenizer(JSON.stringify({ version: '1.0', added_tokens: [], model, decoder }), config, 'tokenizer.json', '');
}

function generate(tokenizer: ModelTokenizer, until: readonly string[]) {
  const growing = newGrowing({
    kind: 'generate',
    id: 0,
    ids: [0],
    tokens: 1,
    until,
    lookback: 4,
    maxNewTokens: words.length,
    turn: 'short',
    notes: undefined,
  });
  for (const token of words.keys()) {
    const response = takeToken(growing, { token, logprob: -1 }, { tokenizer, eos: new Set() }, newCounters())?.response;
    if (response?.kind === 'generate') return { text: response.text, finish: response.finish };
  }
  return null;
}

describe('clean_up_tokenization_spaces', () => {
  // Each as transformers 5.23 decodes it (`PreTrainedTokenizerFast` over the same files).
  it.each([
    ['BPE', {}, TEXT],
    ['BPE', { clean_up_tokenization_spaces: true }, TEXT],
    ['BPE', { clean_up_tokenization_spaces: true, ...FORCED }, 'Erantzuna 5, 3 da.'],
    ['WordLevel', {}, TEXT],
    ['WordLevel', { clean_up_tokenization_spaces: true }, 'Erantzuna 5, 3 da.'],
  ] as const)('%s with %j', (type, config, expected) => {
    expect(generate(tokenizerOf(type, config), [])).toEqual({ text: expected, finish: 'length' });
  });

  it('comes after stop strings, which may hold a blank that it takes away', () => {
    for (const [type, clean] of [
      ['BPE', 'Erantzuna 5 , 3 da'],
      ['WordLevel', 'Erantzuna 5, 3 da'],
    ] as const)
      expect(generate(tokenizerOf(type, { clean_up_tokenization_spaces: true }), [' .'])).toEqual({ text: clean, finish: 'stop' });
    // A text that only the clean-up would make is no stop string.
    expect(generate(tokenizerOf('WordLevel', { clean_up_tokenization_spaces: true }), ['da.'])?.finish).toBe('length');
  });
});
