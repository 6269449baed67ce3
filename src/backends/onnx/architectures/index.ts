/** The architectures whose graph can be written, by the `model_type` that names their text model's class. */
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { apertus } from './apertus.js';
import { arcee } from './arcee.js';
import { bloom } from './bloom.js';
import { cohere, cohere2 } from './cohere.js';
import { cwm } from './cwm.js';
import { ernie } from './ernie.js';
import { exaone4 } from './exaone4.js';
import { falcon } from './falcon.js';
import { gemma, gemma2, gemma3, vaultgemma } from './gemma.js';
import { gemma3n } from './gemma3n.js';
import { gemma4 } from './gemma4.js';
import { glm, glm4 } from './glm.js';
import { dots1, glm4Moe, solarOpen } from './glm4-moe.js';
import { gptNeox } from './gpt-neox.js';
import { gptOss } from './gpt-oss.js';
import { gpt2, gptBigcode, gptNeo } from './gpt2.js';
import { codegen, gptj } from './gptj.js';
import { granite, graniteSwa, hyperclovax } from './granite.js';
import { graniteMoe, graniteMoeHybrid, graniteMoeSwa } from './granite-moe.js';
import { helium } from './helium.js';
import { hunyuan } from './hunyuan.js';
import { lfm2, lfm2Moe, lfm3 } from './lfm2.js';
import { llama } from './llama.js';
import { ministral3 } from './ministral3.js';
import { mistral } from './mistral.js';
import { mixtral } from './mixtral.js';
import { mpt } from './mpt.js';
import { nanochat } from './nanochat.js';
import { jais2, nemotron } from './nemotron.js';
import { olmo, olmo2, olmo3 } from './olmo.js';
import { olmoHybrid } from './olmo-hybrid.js';
import { flexOlmo, olmoe } from './olmoe.js';
import { biogpt, opt, xglm } from './opt.js';
import { persimmon } from './persimmon.js';
import { phi, phi3 } from './phi.js';
import { phimoe } from './phimoe.js';
import { qwen2Moe, qwen3Moe, qwen3Next, qwen35Moe } from './qwen-moe.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';
import { qwen35 } from './qwen3-5.js';
import { seedOss } from './seed-oss.js';
import { smollm3 } from './smollm3.js';
import { stablelm } from './stablelm.js';
import { starcoder2 } from './starcoder2.js';

const BLUEPRINTS: Readonly<Record<string, (config: ModelConfig) => Blueprint>> = {
  apertus,
  arcee,
  biogpt,
  bloom,
  codegen,
  cohere,
  cohere2,
  ernie4_5: ernie,
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
  helium,
  hunyuan_v1_dense: hunyuan,
  hyperclovax,
  internlm3: llama,
  iquestcoder: llama,
  jais2,
  llama,
  ministral: mistral,
  ministral3,
  mistral,
  mpt,
  nanochat,
  nemotron,
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
  seed_oss: seedOss,
  smollm3,
  stablelm,
  starcoder2,
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
  cwm,
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
