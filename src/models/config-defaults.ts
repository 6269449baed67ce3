/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from './config-class.js';
import { apertus } from './config-classes/apertus.js';
import { arcee } from './config-classes/arcee.js';
import { ayaVision } from './config-classes/aya-vision.js';
import { biogpt } from './config-classes/biogpt.js';
import { bloom } from './config-classes/bloom.js';
import { codegen } from './config-classes/codegen.js';
import { cohere } from './config-classes/cohere.js';
import { cohere2 } from './config-classes/cohere2.js';
import { cohere2Vision } from './config-classes/cohere2-vision.js';
import { cwm } from './config-classes/cwm.js';
import { dots1 } from './config-classes/dots1.js';
import { ernie45 } from './config-classes/ernie4-5.js';
import { exaone4 } from './config-classes/exaone4.js';
import { falcon } from './config-classes/falcon.js';
import { flexOlmo } from './config-classes/flex-olmo.js';
import { gemma } from './config-classes/gemma.js';
import { gemma2 } from './config-classes/gemma2.js';
import { gemma3 } from './config-classes/gemma3.js';
import { gemma3Text } from './config-classes/gemma3-text.js';
import { gemma3n } from './config-classes/gemma3n.js';
import { gemma3nText } from './config-classes/gemma3n-text.js';
import { gemma4 } from './config-classes/gemma4.js';
import { gemma4Text } from './config-classes/gemma4-text.js';
import { gemma4Unified } from './config-classes/gemma4-unified.js';
import { gemma4UnifiedText } from './config-classes/gemma4-unified-text.js';
import { glm } from './config-classes/glm.js';
import { glm4 } from './config-classes/glm4.js';
import { glm4Moe } from './config-classes/glm4-moe.js';
import { gptBigcode } from './config-classes/gpt-bigcode.js';
import { gptNeo } from './config-classes/gpt-neo.js';
import { gptNeox } from './config-classes/gpt-neox.js';
import { gptOss } from './config-classes/gpt-oss.js';
import { gptSw3 } from './config-classes/gpt-sw3.js';
import { gpt2 } from './config-classes/gpt2.js';
import { gptj } from './config-classes/gptj.js';
import { granite } from './config-classes/granite.js';
import { graniteSwa } from './config-classes/granite-swa.js';
import { granitemoe } from './config-classes/granitemoe.js';
import { granitemoeSwa } from './config-classes/granitemoe-swa.js';
import { granitemoehybrid } from './config-classes/granitemoehybrid.js';
import { granitemoeshared } from './config-classes/granitemoeshared.js';
import { helium } from './config-classes/helium.js';
import { hunyuanV1Dense } from './config-classes/hunyuan-v1-dense.js';
import { hyperclovax } from './config-classes/hyperclovax.js';
import { hyperclovaxVisionV2 } from './config-classes/hyperclovax-vision-v2.js';
import { idefics3 } from './config-classes/idefics3.js';
import { internlm3 } from './config-classes/internlm3.js';
import { internvl } from './config-classes/internvl.js';
import { iquestcoder } from './config-classes/iquestcoder.js';
import { jais2 } from './config-classes/jais2.js';
import { lfm2 } from './config-classes/lfm2.js';
import { lfm2Moe } from './config-classes/lfm2-moe.js';
import { lfm2Vl } from './config-classes/lfm2-vl.js';
import { lfm3 } from './config-classes/lfm3.js';
import { lfm3Vl } from './config-classes/lfm3-vl.js';
import { llama } from './config-classes/llama.js';
import { llava } from './config-classes/llava.js';
import { llavaNext } from './config-classes/llava-next.js';
import { llavaOnevision } from './config-classes/llava-onevision.js';
import { ministral } from './config-classes/ministral.js';
import { ministral3 } from './config-classes/ministral3.js';
import { mistral } from './config-classes/mistral.js';
import { mistral3 } from './config-classes/mistral3.js';
import { mixtral } from './config-classes/mixtral.js';
import { mpt } from './config-classes/mpt.js';
import { nanochat } from './config-classes/nanochat.js';
import { nemotron } from './config-classes/nemotron.js';
import { olmo } from './config-classes/olmo.js';
import { olmoHybrid } from './config-classes/olmo-hybrid.js';
import { olmo2 } from './config-classes/olmo2.js';
import { olmo3 } from './config-classes/olmo3.js';
import { olmoe } from './config-classes/olmoe.js';
import { opt } from './config-classes/opt.js';
import { ovis2 } from './config-classes/ovis2.js';
import { persimmon } from './config-classes/persimmon.js';
import { phi } from './config-classes/phi.js';
import { phi3 } from './config-classes/phi3.js';
import { phimoe } from './config-classes/phimoe.js';
import { qwen2 } from './config-classes/qwen2.js';
import { qwen25Vl } from './config-classes/qwen2-5-vl.js';
import { qwen25VlText } from './config-classes/qwen2-5-vl-text.js';
import { qwen2Moe } from './config-classes/qwen2-moe.js';
import { qwen2Vl } from './config-classes/qwen2-vl.js';
import { qwen2VlText } from './config-classes/qwen2-vl-text.js';
import { qwen3 } from './config-classes/qwen3.js';
import { qwen35 } from './config-classes/qwen3-5.js';
import { qwen35Moe } from './config-classes/qwen3-5-moe.js';
import { qwen35MoeText } from './config-classes/qwen3-5-moe-text.js';
import { qwen35Text } from './config-classes/qwen3-5-text.js';
import { qwen3Moe } from './config-classes/qwen3-moe.js';
import { qwen3Next } from './config-classes/qwen3-next.js';
import { qwen3Vl } from './config-classes/qwen3-vl.js';
import { qwen3VlText } from './config-classes/qwen3-vl-text.js';
import { seedOss } from './config-classes/seed-oss.js';
import { smollm3 } from './config-classes/smollm3.js';
import { smolvlm } from './config-classes/smolvlm.js';
import { solarOpen } from './config-classes/solar-open.js';
import { stablelm } from './config-classes/stablelm.js';
import { starcoder2 } from './config-classes/starcoder2.js';
import { vaultgemma } from './config-classes/vaultgemma.js';
import { vipllava } from './config-classes/vipllava.js';
import { xglm } from './config-classes/xglm.js';

/** By `model_type`. */
export const CONFIG_CLASSES: Readonly<Record<string, ConfigClass>> = {
  llama: llama,
  mistral: mistral,
  qwen2: qwen2,
  qwen3: qwen3,
  gemma2: gemma2,
  gemma3_text: gemma3Text,
  qwen3_5_text: qwen35Text,
  qwen3_5: qwen35,
  qwen3_5_moe_text: qwen35MoeText,
  qwen3_5_moe: qwen35Moe,
  qwen3_next: qwen3Next,
  qwen2_moe: qwen2Moe,
  qwen3_moe: qwen3Moe,
  mixtral: mixtral,
  olmoe: olmoe,
  granitemoe: granitemoe,
  granitemoeshared: granitemoeshared,
  granitemoehybrid: granitemoehybrid,
  phimoe: phimoe,
  gpt_oss: gptOss,
  lfm2: lfm2,
  lfm2_moe: lfm2Moe,
  olmo_hybrid: olmoHybrid,
  llava: llava,
  llava_next: llavaNext,
  internvl: internvl,
  smolvlm: smolvlm,
  aya_vision: ayaVision,
  cohere2_vision: cohere2Vision,
  idefics3: idefics3,
  llava_onevision: llavaOnevision,
  lfm2_vl: lfm2Vl,
  lfm3_vl: lfm3Vl,
  hyperclovax_vision_v2: hyperclovaxVisionV2,
  ovis2: ovis2,
  vipllava: vipllava,
  cwm: cwm,
  lfm3: lfm3,
  glm4_moe: glm4Moe,
  solar_open: solarOpen,
  dots1: dots1,
  flex_olmo: flexOlmo,
  granitemoe_swa: granitemoeSwa,
  arcee: arcee,
  apertus: apertus,
  bloom: bloom,
  biogpt: biogpt,
  codegen: codegen,
  cohere: cohere,
  cohere2: cohere2,
  ernie4_5: ernie45,
  exaone4: exaone4,
  falcon: falcon,
  gemma: gemma,
  gemma3: gemma3,
  gemma3n: gemma3n,
  gemma3n_text: gemma3nText,
  gemma4: gemma4,
  gemma4_text: gemma4Text,
  gemma4_unified: gemma4Unified,
  gemma4_unified_text: gemma4UnifiedText,
  glm: glm,
  glm4: glm4,
  gpt2: gpt2,
  'gpt-sw3': gptSw3,
  gpt_bigcode: gptBigcode,
  gpt_neo: gptNeo,
  gpt_neox: gptNeox,
  gptj: gptj,
  granite: granite,
  granite_swa: graniteSwa,
  helium: helium,
  hunyuan_v1_dense: hunyuanV1Dense,
  hyperclovax: hyperclovax,
  internlm3: internlm3,
  iquestcoder: iquestcoder,
  jais2: jais2,
  ministral: ministral,
  ministral3: ministral3,
  mistral3: mistral3,
  mpt: mpt,
  nanochat: nanochat,
  nemotron: nemotron,
  olmo: olmo,
  olmo2: olmo2,
  olmo3: olmo3,
  opt: opt,
  persimmon: persimmon,
  phi: phi,
  phi3: phi3,
  qwen2_vl: qwen2Vl,
  qwen2_vl_text: qwen2VlText,
  qwen2_5_vl: qwen25Vl,
  qwen2_5_vl_text: qwen25VlText,
  qwen3_vl: qwen3Vl,
  qwen3_vl_text: qwen3VlText,
  seed_oss: seedOss,
  smollm3: smollm3,
  stablelm: stablelm,
  starcoder2: starcoder2,
  vaultgemma: vaultgemma,
  xglm: xglm,
};
