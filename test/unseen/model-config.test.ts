import { describe, expect, it } from 'vitest';
import { blueprintOf } from '../../src/backends/onnx/architectures/index.js';
import { parseModelConfig } from '../../src/models/model-config.js';

const BASE = {
  architectures: ['Gemma3ForCausalLM'],
  model_type: 'gemma3_text',
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: 100,
};
const of = (more: object): ReturnType<typeof parseModelConfig> => parseModelConfig({ ...BASE, ...more }, 'config.json');

describe('fields that config.json leaves out', () => {
  it('are those of the model type in transformers 5.23', () => {
    expect(of({})).toMatchObject({
      headDim: 256,
      kvHeads: 4,
      queryPreAttnScalar: 256,
      activation: 'gelu_pytorch_tanh',
      slidingWindow: 4096,
    });
    expect(of({})).toMatchObject({ rope: { type: 'default', theta: 1e6 }, ropeLocal: { type: 'default', theta: 1e4 } });
    expect(of({ model_type: 'gemma2' })).toMatchObject({
      attentionSoftcap: 50,
      finalSoftcap: 30,
      rope: { theta: 1e4 },
      ropeLocal: { theta: 1e4 },
    });
    expect(of({ model_type: 'mistral', num_attention_heads: 8 })).toMatchObject({
      slidingWindow: 4096,
      headDim: 4,
      kvHeads: 8,
      activation: 'silu',
    });
    expect(of({ model_type: 'llama' })).toMatchObject({
      slidingWindow: null,
      headDim: 8,
      kvHeads: 4,
      rope: { theta: 1e4 },
      maxLength: 2048,
    });
  });

  it('are not those that it sets to null', () => {
    expect(of({ model_type: 'gemma2', attn_logit_softcapping: null, final_logit_softcapping: null, sliding_window: null })).toMatchObject({
      attentionSoftcap: null,
      finalSoftcap: null,
      slidingWindow: null,
    });
  });
});

describe('rotary scaling', () => {
  const linear = { rope_type: 'linear', factor: 2 };
  it('reaches only the full layers of Gemma 3, in either spelling', () => {
    const wanted = { rope: { type: 'linear', factor: 2, theta: 1e6 }, ropeLocal: { type: 'default', theta: 1e4 } };
    expect(of({ rope_scaling: linear })).toMatchObject(wanted);
    expect(of({ rope_parameters: { full_attention: linear } })).toMatchObject(wanted);
    expect(of({ rope_parameters: { full_attention: {}, sliding_attention: {} }, rope_scaling: linear })).toMatchObject(wanted);
  });

  it('in the older spelling counts where both stand in a file', () => {
    const config = of({ model_type: 'llama', rope_theta: 3e4, rope_scaling: { type: 'linear', factor: 3 }, rope_parameters: linear });
    expect(config.rope).toEqual({ type: 'linear', factor: 3, theta: 3e4 });
  });
});

describe('models that would give other numbers', () => {
  it.each([
    [
      { rope_parameters: { rope_type: 'ntk', factor: 4 }, model_type: 'llama' },
      'rope_parameters: rotary embedding of type "ntk" is not supported',
    ],
    [{ rope_scaling: { type: 'su', factor: 4 }, model_type: 'llama' }, 'rope_scaling: rotary embedding of type "su" is not supported'],
    [
      { rope_parameters: { rope_type: 'linear', factor: 2, partial_rotary_factor: 0.5 }, model_type: 'llama' },
      'rope_parameters: partial_rotary_factor 0.5',
    ],
    [{ use_bidirectional_attention: true }, 'use_bidirectional_attention'],
    [{ text_config: BASE }, 'text_config: models that also take pictures'],
    [{ quantization_config: { quant_method: 'gptq' } }, 'quantization_config'],
    [{ layer_types: ['full_attention', 'linear_attention'] }, 'layer_types: "linear_attention" is not supported'],
    [{ hidden_size: undefined }, 'hidden_size is missing'],
  ])('%j is refused', (more, message) => {
    expect(() => blueprintOf(of(more))).toThrow(message);
  });
});
