/** The architectures whose graph can be written, by the `model_type` that names their text model's class. */
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { bloom } from './bloom.js';
import { cohere, cohere2 } from './cohere.js';
import { exaone4 } from './exaone4.js';
import { falcon } from './falcon.js';
import { gemma, gemma2, gemma3, vaultgemma } from './gemma.js';
import { gemma3n } from './gemma3n.js';
import { gemma4 } from './gemma4.js';
import { dots1, glm, glm4, glm4Moe, solarOpen } from './glm.js';
import { gptNeox } from './gpt-neox.js';
import { gptOss } from './gpt-oss.js';
import { gpt2, gptBigcode, gptNeo } from './gpt2.js';
import { codegen, gptj } from './gptj.js';
import { granite, graniteMoe, graniteMoeHybrid, graniteMoeSwa, graniteSwa, hyperclovax } from './granite.js';
import { lfm2, lfm2Moe, lfm3 } from './lfm2.js';
import * as llama from './llama.js';
import { ministral3, mistral, mixtral } from './mistral.js';
import { mpt } from './mpt.js';
import { flexOlmo, olmo, olmo2, olmo3, olmoe } from './olmo.js';
import { olmoHybrid } from './olmo-hybrid.js';
import { biogpt, opt, xglm } from './opt.js';
import { persimmon } from './persimmon.js';
import { phi, phi3, phimoe } from './phi.js';
import { qwen2, qwen2Moe, qwen3, qwen3Moe } from './qwen.js';
import { qwen3Next, qwen35, qwen35Moe } from './qwen3-5.js';

const BLUEPRINTS: Readonly<Record<string, (config: ModelConfig) => Blueprint>> = {
  apertus: llama.apertus,
  arcee: llama.arcee,
  biogpt,
  bloom,
  codegen,
  cohere,
  cohere2,
  ernie4_5: llama.ernie,
  exaone4,
  falcon,
  gemma,
  gemma2,
  gemma3_text: gemma3,
  gemma3n_text: gemma3n,
  gemma4_text: gemma4,
  gemma4_unified_text: gemma4,
  qwen3_5_text: qwen35,
  glm,
  glm4,
  'gpt-sw3': gpt2,
  gpt2,
  gpt_bigcode: gptBigcode,
  gpt_neo: gptNeo,
  gpt_neox: gptNeox,
  gptj,
  granite,
  granite_swa: graniteSwa,
  helium: llama.helium,
  hunyuan_v1_dense: llama.hunyuan,
  hyperclovax,
  internlm3: llama.llama,
  iquestcoder: llama.llama,
  jais2: llama.jais2,
  llama: llama.llama,
  ministral: mistral,
  ministral3,
  mistral,
  mpt,
  nanochat: llama.nanochat,
  nemotron: llama.nemotron,
  olmo,
  olmo2,
  olmo3,
  opt,
  persimmon,
  phi,
  phi3,
  qwen2,
  qwen2_5_vl_text: qwen2,
  qwen2_vl_text: qwen2,
  qwen3,
  qwen3_vl_text: qwen3,
  seed_oss: llama.seedOss,
  smollm3: llama.smollm3,
  stablelm: llama.stablelm,
  starcoder2: llama.starcoder2,
  vaultgemma,
  xglm,
  qwen3_5_moe_text: qwen35Moe,
  qwen3_next: qwen3Next,
  qwen2_moe: qwen2Moe,
  qwen3_moe: qwen3Moe,
  mixtral,
  olmoe,
  granitemoe: graniteMoe,
  granitemoehybrid: graniteMoeHybrid,
  phimoe,
  granitemoeshared: graniteMoe,
  gpt_oss: gptOss,
  lfm2,
  lfm2_moe: lfm2Moe,
  lfm3,
  cwm: llama.cwm,
  glm4_moe: glm4Moe,
  solar_open: solarOpen,
  dots1,
  flex_olmo: flexOlmo,
  granitemoe_swa: graniteMoeSwa,
  olmo_hybrid: olmoHybrid,
};

/** The `model_type` of all text models whose graph can be written. */
export const TEXT_TYPES: readonly string[] = Object.keys(BLUEPRINTS);

/**
 * Returns the blueprint of a model. Throws `UserError` for a model without one, and for a layer that slides without a window.
 */
export function blueprintOf(config: ModelConfig): Blueprint {
  const make = Object.hasOwn(BLUEPRINTS, config.textType) ? BLUEPRINTS[config.textType] : undefined;
  if (make === undefined)
    throw new UserError(
      `${config.file}: model_type "${config.textType}" is not supported; supported are ${Object.keys(BLUEPRINTS).join(', ')}`,
    );
  return make(config);
}
