import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../decoder.js';
import { gemmaBlueprint } from './common.js';

/** Gemma 3 (text): norms on query and key, no cap on attention, every sixth layer global with its own rotary base. */
export function gemma3(c: ModelConfig): Blueprint {
  const pattern = c.slidingPattern ?? 6;
  return { ...gemmaBlueprint(c), headNorms: true, slides: (l) => c.slidingLayers?.[l] ?? (l + 1) % pattern !== 0 };
}
