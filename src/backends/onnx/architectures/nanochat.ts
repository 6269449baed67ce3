import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint, Norm } from '../blueprint.js';
import { plainAttention, plainBlock, plainBlueprint, rmsNorm, rotaryOf, ungatedFeedForward } from './common.js';

/** NanoChat: norms without weights, on embeddings, queries and keys, too; a feed-forward part without a gate; the rotation turns the other way. */
export function nanochat(c: ModelConfig): Blueprint {
  const norm: Norm = rmsNorm(c, '', { weight: false });
  const plain = plainBlueprint(
    c,
    (l) =>
      plainBlock(c, l, {
        before: norm,
        mixer: plainAttention(c, l, {
          norms: { query: norm, key: norm, over: 'head', afterRotation: true },
          rotary: { ...rotaryOf(c, c.rope), reversed: true },
        }),
        feedForwardBefore: norm,
        feedForward: ungatedFeedForward(c, l, { bias: false, up: 'fc1', down: 'fc2' }),
      }),
    { finalNorm: norm },
  );
  return { ...plain, embedding: { ...plain.embedding, norm }, output: { ...plain.output, softcap: c.finalSoftcap } };
}
