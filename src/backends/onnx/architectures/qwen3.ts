import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../decoder.js';
import { plainBlueprint } from './common.js';
import { qwenWindow } from './qwen2.js';

/** Qwen3: query and key are normalised per head. */
export function qwen3(c: ModelConfig): Blueprint {
  return { ...plainBlueprint(c), mlpBias: false, headNorms: true, ...qwenWindow(c) };
}
