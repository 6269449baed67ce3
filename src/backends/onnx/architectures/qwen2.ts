import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../decoder.js';
import { plainBlueprint } from './common.js';

/** Qwen2 and 2.5: biases on query, key and value always; layers from `max_window_layers` on slide where `use_sliding_window` is set. */
export function qwen2(c: ModelConfig): Blueprint {
  return { ...plainBlueprint(c), qkvBias: true, outputBias: false, mlpBias: false, ...qwenWindow(c) };
}

/** The sliding window as the Qwen configs say it. */
export function qwenWindow(c: ModelConfig): Pick<Blueprint, 'window' | 'slides'> {
  const first = c.maxWindowLayers ?? 28;
  const window = c.useSlidingWindow ? c.slidingWindow : null;
  return { window, slides: (l) => c.slidingLayers?.[l] ?? (window !== null && l >= first) };
}
