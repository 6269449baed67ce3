/** The part of docs/models.md that lists all model types: what is supported, what is refused, what is no language model. */
import { TEXT_TYPES } from '../../src/backends/onnx/architectures/index.js';
import { configClasses, knownTypes } from '../../src/models/config-classes.js';

/** Models that people know a type by, and what distinguishes it. */
const ABOUT: Readonly<Record<string, readonly [models: string, special: string]>> = {
  aya_vision: ['Aya Vision', 'the text part, a Cohere 2, without its factor on the logits, as in transformers'],
  apertus: ['Apertus 8B, 70B', 'xIELU with learnt numbers, no gate, norms on query and key'],
  arcee: ['AFM 4.5B', 'squared ReLU without a gate'],
  biogpt: ['BioGPT', 'learnt positions'],
  bloom: ['BLOOM, BLOOMZ, Carballo, FLOR', 'ALiBi, a norm on the embeddings'],
  codegen: ['CodeGen', 'one matrix in four parts, rotation of neighbours'],
  cohere: ['Command R, Aya 23, Aya Expanse', 'parallel blocks, layer norms without bias, rotation of neighbours, a factor on the logits'],
  cohere2: ['Command R7B, Command A, Tiny Aya', 'as Cohere, windows, and layers without positions'],
  cohere2_vision: ['Command A Vision', 'the same'],
  cwm: ['CWM', 'Llama with windows on three of four layers'],
  dots1: ['dots.llm1', 'as Qwen 3, with experts in groups'],
  ernie4_5: ['ERNIE 4.5 (dense)', 'rotation of neighbours'],
  exaone4: ['EXAONE 4', 'norms behind the blocks and on query and key; layers without positions where others slide'],
  falcon: ['Falcon 7B, 40B, 180B, RW', 'one or few keys for all heads, parallel blocks, or ALiBi'],
  flex_olmo: ['FlexOlmo', 'OLMoE with norms behind both parts'],
  gemma: ['Gemma 1', 'norms stored as weight - 1, one BOS in front'],
  gemma2: ['Gemma 2, Gemma-Kimu', 'soft caps, a sliding window on every other layer, one BOS in front'],
  gemma3: ['Gemma 3 4B, 12B, 27B', 'the text part; two rotary bases, sliding pattern, one BOS in front'],
  gemma3_text: ['Gemma 3 270M, 1B', 'two rotary bases, sliding pattern, one BOS in front'],
  gemma3n: [
    'Gemma 3n E2B, E4B',
    'the text part; streams beside the one that the layers compute, sparse gates, an embedding for each layer',
  ],
  gemma3n_text: ['Gemma 3n (text)', 'the same'],
  gemma4: [
    'Gemma 4 E2B, E4B, 26B-A4B, 31B',
    'the text part; heads of two sizes, shared keys and values, an embedding for each layer, experts beside the feed-forward part, one BOS in front',
  ],
  gemma4_text: ['Gemma 4 (text)', 'the same'],
  gemma4_unified: ['Gemma 4 12B', 'the same without experts'],
  gemma4_unified_text: ['Gemma 4 12B (text)', 'the same'],
  glm: ['GLM-4 9B', 'a part of each head turns, in neighbours; gate and feed-forward in one matrix'],
  glm4: ['GLM-4 0414', 'as GLM, with norms behind the blocks'],
  glm4_moe: ['GLM-4.5, 4.6', 'as GLM-4 0414 without its norms, with experts in groups'],
  'gpt-sw3': ['GPT-SW3', 'GPT-2'],
  gpt2: ['GPT-2, gpt2-eus-euscrawl', 'learnt positions, matrices stored transposed'],
  gpt_bigcode: ['StarCoder, SantaCoder', 'GPT-2 with one key and value for all heads'],
  gpt_neo: ['GPT-Neo', 'scores that are not scaled, windows on every other layer'],
  gpt_neox: ['GPT-NeoX, Pythia', 'parallel blocks, a part of each head turns'],
  gptj: ['GPT-J', 'parallel blocks, rotation of neighbours'],
  granite: ['Granite 3', 'four multipliers'],
  gpt_oss: ['gpt-oss 20B, 120B', 'experts with a clamped gate, attention sinks, YaRN; every other layer slides; weights in MXFP4, too'],
  granitemoehybrid: [
    'Granite 4.0, also H (Micro, Tiny, Small, 350M, 1B)',
    'attention and state spaces of Mamba 2, with or without experts',
  ],
  phimoe: ['Phi-3.5-MoE', 'layer norms, experts chosen one after the other'],
  granitemoe: ['Granite 3 MoE', 'experts, four multipliers'],
  granitemoeshared: ['Granite 3 MoE with a shared part', 'the same, and a part that every token uses'],
  granitemoe_swa: ['Granite with experts and windows', 'as both'],
  hyperclovax_vision_v2: ['HyperCLOVA X SEED Vision', 'the text part'],
  idefics3: ['Idefics 3', 'the text part, a Llama'],
  lfm2: ['LFM2', 'short gated convolutions, and full attention in between'],
  lfm2_moe: ['LFM2-8B-A1B', 'as LFM2, with experts that a sigmoid and a bias choose'],
  lfm2_vl: ['LFM2-VL', 'the text part'],
  lfm3: ['LFM3', 'as LFM2, with windows, a gate on each head, norms behind both parts'],
  lfm3_vl: ['LFM3-VL', 'the text part'],
  mixtral: ['Mixtral 8x7B, 8x22B', 'experts'],
  olmo_hybrid: ['OLMo Hybrid', 'gated delta networks with norms before their parts, full attention with norms behind them'],
  olmoe: ['OLMoE', 'experts, norms on whole rows of query and key'],
  qwen2_moe: ['Qwen1.5-MoE, Qwen2-57B-A14B', 'experts, and one that every token uses'],
  qwen3_5_moe: ['Qwen 3.5 with experts', 'the text part, with experts and one that every token uses'],
  qwen3_5_moe_text: ['Qwen 3.5 with experts (text)', 'the same'],
  qwen3_moe: ['Qwen3-30B-A3B and larger', 'experts'],
  qwen3_next: ['Qwen3-Next', 'as Qwen 3.5 with experts, with fewer, larger projections'],
  granite_swa: ['Granite with windows', 'as Granite; windows, a sink for each head, a rotary base for each layer'],
  helium: ['Helium', 'rotation of neighbours'],
  hunyuan_v1_dense: ['Hunyuan (dense)', 'norms on query and key behind the rotation'],
  hyperclovax: ['HyperCLOVA X SEED', 'multipliers, norms behind the blocks'],
  internvl: ['InternVL 3', 'the text part, a Qwen 2 or 3'],
  internlm3: ['InternLM 3', 'Llama'],
  iquestcoder: ['IQuest-Coder', 'Llama'],
  jais2: ['Jais 2', 'layer norms, squared ReLU without a gate'],
  llama: ['Llama 2, 3, 3.1, 3.2, Latxa, SmolLM2, EuroLLM, Salamandra, ALIA', 'biases where the config has them'],
  llava: ['LLaVA 1.5', 'the text part, a Llama, Mistral or Qwen'],
  llava_next: ['LLaVA 1.6', 'the text part, a Llama, Mistral or Qwen'],
  llava_onevision: ['LLaVA-OneVision', 'the text part, a Qwen 2'],
  ministral: ['Ministral 8B', 'windows on the layers that the config lists'],
  ministral3: ['Ministral 3 (text)', 'YaRN, scores that grow with the position'],
  mistral: ['Mistral 7B', 'sliding window'],
  mistral3: ['Mistral Small 3.1, Ministral 3, Magistral', 'the text part, a Mistral or Ministral 3'],
  mpt: ['MPT', 'ALiBi, no biases'],
  nanochat: ['nanochat', 'norms without weights, squared ReLU, a soft cap'],
  nemotron: ['Nemotron, Minitron', 'layer norms stored as weight - 1, squared ReLU, a part of each head turns'],
  olmo: ['OLMo', 'layer norms without weights'],
  olmo2: ['OLMo 2', 'norms behind the blocks and on whole rows of query and key'],
  olmo3: ['OLMo 3', 'as OLMo 2, three of four layers slide'],
  opt: ['OPT', 'learnt positions'],
  ovis2: ['Ovis 2', 'the text part, a Qwen 2'],
  persimmon: ['Persimmon', 'norms on query and key, a part of each head turns'],
  phi: ['Phi-1, 1.5, 2', 'parallel blocks, a part of each head turns, a bias on the logits'],
  phi3: ['Phi-3, Phi-3.5, Phi-4', 'fused projections, LongRoPE, a part of each head turns'],
  qwen2: ['Qwen 2, 2.5', 'biases on query, key and value; a sliding window where the config switches it on'],
  qwen2_5_vl: ['Qwen2.5-VL', 'the text part'],
  qwen2_vl: ['Qwen2-VL', 'the text part'],
  qwen3: ['Qwen 3 (dense)', 'norms on query and key'],
  qwen3_5: [
    'Qwen 3.5, Latxa-Qwen3.5',
    'the text part; gated delta networks with a short convolution, every fourth layer full attention with a gate',
  ],
  qwen3_5_text: ['Qwen 3.5 (text)', 'the same'],
  qwen3_vl: ['Qwen3-VL, Latxa-Qwen3-VL', 'the text part'],
  seed_oss: ['Seed-OSS', 'biases'],
  smolvlm: ['SmolVLM', 'the text part, a Llama'],
  smollm3: ['SmolLM3', 'every fourth layer without positions'],
  solar_open: ['Solar Open', 'Llama with experts in groups'],
  stablelm: ['StableLM 2', 'layer norms, a part of each head turns'],
  starcoder2: ['StarCoder 2', 'layer norms, a window'],
  vaultgemma: ['VaultGemma', 'Gemma 2 without norms behind the blocks'],
  vipllava: ['ViP-LLaVA', 'the text part, a Llama'],
  xglm: ['XGLM', 'positions of sines and cosines'],
};

/** Types whose graph can be written, as `config.json` names them. */
export function supportedTypes(): string[] {
  return [...configClasses()]
    .filter(([type, { text = type }]) => TEXT_TYPES.includes(type) || TEXT_TYPES.includes(text))
    .map(([type]) => type)
    .sort();
}

const listed = (types: readonly string[]): string => types.map((type) => `\`${type}\``).join(', ');

/** The lines between the two marks of docs/models.md. Throws `RangeError` for a supported type that has no words of its own here. */
export function typesTable(): string {
  const supported = supportedTypes();
  const rows = supported
    // The text part of a model that is listed itself.
    .filter((type) => !/_vl_text$/.test(type))
    .map((type) => {
      const about = ABOUT[type];
      if (about === undefined) throw new RangeError(`test/models/types-table.ts: "${type}" has no words of its own`);
      return `| \`${type}\` | ${about[0]} | ${about[1]} |`;
    });
  const types = knownTypes();
  const refused = (all: readonly string[]): string => listed(all.filter((type) => !supported.includes(type)));
  return [
    '| `model_type` | models | what is special |',
    '| --- | --- | --- |',
    ...rows,
    '',
    `Refused, with the ways that work for them (below): ${refused(types.decoder)}.`,
    '',
    `Refused as well, models that take pictures or sound: ${refused(types.withPictures)}.`,
    '',
    `Refused as well, models with an encoder and a decoder: ${refused(types.encoderDecoder)}.`,
    '',
    `No language models, or parts of another: ${refused(types.other)}.`,
  ].join('\n');
}
