import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blueprintOf } from '../../src/backends/onnx/architectures/index.js';
import { inverseFrequencies } from '../../src/backends/onnx/rope.js';
import { UserError } from '../../src/errors.js';
import { parseModelConfig } from '../../src/models/model-config.js';
import { packagePath } from '../../src/package-files.js';

type Change = Readonly<Record<string, unknown>>;
interface Layer {
  readonly frequencies: readonly number[];
  readonly [fact: string]: unknown;
}
interface Summary {
  readonly layers: readonly Layer[];
  readonly [fact: string]: unknown;
}
/** What transformers 5.23 made of each variant: a summary, the number of an earlier variant with the same one, or its error; written by make_configs.py beside it. */
type Row = readonly [change: Change, result: Summary | number | string];
interface Table {
  readonly base: Change;
  readonly variants: readonly Row[];
}
const tableOf = (type: string): Table => JSON.parse(readFileSync(packagePath(`test/fixtures/model-configs/variants/${type}.json`), 'utf8'));

/** Types with such a table; of others the goldens of tiny models tell. */
const TYPES = readdirSync(packagePath('test/fixtures/model-configs/variants')).map((name) => name.replace('.json', ''));

function withChange(base: Change, change: Change): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, value]) => value !== '<absent>'));
}

const ACTIVATION = {
  silu: /^SiLU/,
  gelu: /^GELUActivation$/,
  gelu_tanh: /^(?:GELUTanh|PytorchGELUTanh|NewGELUActivation|GELUActivation:tanh)/,
} as const;

/** What this program makes of a config.json, in the form of the table; a `UserError` where it refuses. */
function summarize(value: unknown): Summary {
  const c = parseModelConfig(value, 'config.json');
  const b = blueprintOf(c);
  const layers = b.blocks.map(({ mixer, feedForward, feedForwardAfter }) => {
    if (mixer.kind !== 'attention' || feedForward.kind !== 'dense') throw new Error('another kind of layer');
    const { rotary, projection } = mixer;
    if (rotary === null || projection.kind !== 'separate' || feedForward.input.kind !== 'gated') throw new Error('another kind of layer');
    const frequencies = inverseFrequencies(rotary.rope, rotary.dims);
    const n = frequencies.length;
    return {
      q: [mixer.heads * mixer.headDim, c.hiddenSize],
      k: [mixer.kvHeads * mixer.headDim, c.hiddenSize],
      bias: [projection.query.bias, mixer.output.bias, feedForward.input.gate.bias],
      norms: [mixer.norms !== null, feedForwardAfter !== null],
      scale: mixer.scale,
      cap: mixer.softcap,
      window: mixer.window,
      intermediate: feedForward.size,
      activation: feedForward.activation,
      frequencies: [0, Math.min(1, n - 1), Math.floor(n / 2), n - 1].map((i) => frequencies[i] ?? 0),
    };
  });
  return {
    layers,
    count: b.blocks.length,
    vocabulary: [c.vocabSize, c.hiddenSize],
    epsilon: c.normEpsilon,
    tied: b.output.tied,
    cap: b.output.softcap,
    length: c.maxLength,
    eos: [...c.eosTokenIds],
  };
}

/** Names of the facts in which two summaries differ. */
function differences(ours: Summary, theirs: Summary): string[] {
  const close = (a: unknown, b: unknown): boolean =>
    typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= 2e-6 * Math.abs(b);
  const out = new Set<string>();
  for (const [fact, value] of Object.entries(theirs)) {
    if (fact === 'layers') continue;
    if (JSON.stringify(value) !== JSON.stringify(ours[fact]) && !close(value, ours[fact])) out.add(fact);
  }
  ours.layers.forEach((own, l) => {
    const layer = theirs.layers[theirs.layers.length === 1 ? 0 : l];
    for (const [fact, value] of Object.entries(layer ?? {})) {
      const mine = own[fact];
      const same =
        fact === 'activation'
          ? ACTIVATION[mine === 'gelu' ? 'gelu' : mine === 'gelu_tanh' ? 'gelu_tanh' : 'silu'].test(String(value))
          : fact === 'frequencies'
            ? layer?.frequencies.every((f, i) => close(own.frequencies[i], f))
            : JSON.stringify(mine) === JSON.stringify(value) || close(mine, value);
      if (same !== true) out.add(fact);
    }
  });
  return [...out].sort();
}

/** Outcomes that are neither the same nor refused by both, by what happened and what was changed, each with its reason. */
const REASONS: readonly (readonly [outcome: RegExp, reason: string])[] = [
  [/^taken only here: .*(?:expected float, got int|expected int, got float)/, 'JSON has one kind of number: 1 and 1.0 are the same'],
  [/^taken only here: .*(?:Field '\w+' with value [\d.]+ doesn't match any)/, 'the same'],
  [
    /^taken only here: .*Field 'num_key_value_heads' expected int, got NoneType/,
    'files of earlier versions say null for "as many as heads"',
  ],
  [
    /^taken only here: .*"sliding_window":.*(?:RuntimeError|slice indices)/,
    "Llama: only the cache of keys and values reads the field, which the model's class does not know",
  ],
  [/^taken only here: .*'LlamaConfig' object has no attribute 'sliding_window'/, 'the same'],
  [/^taken only here: .*"rope_theta":null.*for \*\* or pow/, 'null is no base: the default of the class, as where the field is absent'],
  [
    /^taken only here: .*"rope_scaling".*KeyError: 'full_attention'/,
    'Gemma 3 with an entry that is of no kind of layer: it is ignored, and so it is there without rope_scaling',
  ],
  [/^refused only here: .*: max_position_embeddings is (?:0|-1);/, 'no input would fit'],
  [/^refused only here: .*: \w+ is "[\d.]+"; valid is a number$/, 'a text is not taken for a number'],
  [/^refused only here: .*: head_dim 1 is odd/, 'a rotation needs pairs'],
  [/^refused only here: .*: use_bidirectional_attention:/, 'such a model gives no log-probabilities'],
  [
    /^refused only here: .*"sliding_window":-1.*: layer \d has a sliding window/,
    'a layer that sees nothing: every score would be that of uniform attention',
  ],
];

function outcome(base: Change, [change, result]: Row, rows: readonly Row[]): string {
  const theirs = typeof result === 'number' ? rows[result]?.[1] : result;
  let ours: Summary | string;
  try {
    ours = summarize(withChange(base, change));
  } catch (error) {
    expect(error, JSON.stringify(change)).toBeInstanceOf(UserError);
    ours = error instanceof Error ? error.message : '';
  }
  if (typeof theirs === 'string' || typeof theirs !== 'object')
    return typeof ours === 'string' ? 'refused by both' : `taken only here: ${JSON.stringify(change)}: ${theirs}`;
  if (typeof ours === 'string') return `refused only here: ${JSON.stringify(change)}: ${ours}`;
  const differ = differences(ours, theirs);
  return differ.length === 0 ? 'same' : `differs in ${differ.join(', ')}: ${JSON.stringify(change)}`;
}

describe('config.json means what transformers 5.23 takes it for', () => {
  it.each(TYPES)('%s', (type) => {
    const table = tableOf(type);
    const outcomes = table.variants.map((row) => outcome(table.base, row, table.variants));
    const odd = outcomes.filter((o) => o !== 'same' && o !== 'refused by both' && !REASONS.some(([pattern]) => pattern.test(o)));
    expect(odd, type).toEqual([]);
    expect(outcomes.filter((o) => o === 'same').length).toBeGreaterThan(table.variants.length / 3);
  });

  it('a refusal names the field in words of its own', () => {
    const { base } = tableOf('qwen2');
    const refusal = (change: Change): string => {
      try {
        summarize(withChange(base, change));
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
      return '';
    };
    expect(refusal({ num_hidden_layers: 0 })).toBe('config.json: num_hidden_layers is 0; valid is a number above 0');
    expect(refusal({ hidden_size: null })).toBe('config.json: hidden_size is null; valid is a number');
    expect(refusal({ rms_norm_eps: 'small' })).toBe('config.json: rms_norm_eps is "small"; valid is a number');
    expect(refusal({ layer_types: 'full_attention' })).toBe('config.json: layer_types is "full_attention"; valid is a list');
    expect(refusal({ model_type: 'mamba2', architectures: ['Mamba2ForCausalLM'] })).toMatch(
      /^config\.json: model_type "mamba2", architecture "Mamba2ForCausalLM" is not supported; docs\/models\.md lists the \d+ model types that are\. .*--model completions:NAME --base-url URL/,
    );
    expect(refusal({ model_type: 'mamba', architectures: null, intermediate_size: null })).toMatch(
      /^config\.json: model_type "mamba" is not supported/,
    );
    expect(refusal({ sliding_window: 0 })).toBe('');
    expect(refusal({ architectures: null })).toBe('');
    expect(refusal({ architectures: ['Qwen2Model'] })).toBe('');
    expect(refusal({ architectures: ['MambaForCausalLM'] })).toMatch(/"MambaForCausalLM" is not supported/);
  });
});
