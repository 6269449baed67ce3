/** Which model a result is of, whatever it is called: two models with one name stay two. */
import { createHash } from 'node:crypto';

/** Arguments of the harness that make another model of the same name; data type, attention and batch size do not. */
export const MODEL_VARIANTS = ['revision', 'peft', 'delta', 'subfolder', 'gguf_file', 'load_in_4bit', 'load_in_8bit', 'quantize'] as const;

type Identity = Readonly<Record<string, string>>;

/** Parts of a backend's identity that say how a local model was run, not which one it is. */
const HOW_IT_RAN = new Set(['backend', 'graph', 'runtime', 'dtype', 'attention', 'device', 'max_length']);

/**
 * Returns the identity of a model for result files: of a local model `sha256:` and a digest of its configuration, weights, tokenizer and
 * chat template; of a server or API `BACKEND:NAME`, the server's own name for it.
 */
export function modelIdentityOf(identity: Identity, chatTemplate: string | null): string {
  if (identity.backend !== 'onnx') return `${identity.backend ?? 'unknown'}:${identity.model ?? identity.seed ?? ''}`;
  return `sha256:${digest(JSON.stringify([partsOf(identity), chatTemplate]))}`;
}

/** What is known of the model of an older run: its name may be a newer one's too. */
export interface RecordedModel {
  /** `model_identity`, null in files that are older than it or not ours. */
  readonly modelIdentity: string | null;
  /** `eus_eval.identity`, null in files that are not ours. */
  readonly identity: Identity | null;
}

/**
 * Tells whether two results may be of one model. Where one has no `model_identity`, the parts of the model decide; a file of the harness says
 * nothing and is taken for any model of its name.
 */
export function isSameModel(a: RecordedModel, b: RecordedModel): boolean {
  if (a.modelIdentity !== null && b.modelIdentity !== null) return a.modelIdentity === b.modelIdentity;
  if (a.identity === null || b.identity === null) return true;
  return JSON.stringify(partsOf(a.identity)) === JSON.stringify(partsOf(b.identity));
}

/**
 * Returns eight hex digits that tell a model from others of its name.
 */
export function shortIdentity(modelIdentity: string): string {
  return digest(modelIdentity).slice(0, 8);
}

function partsOf(identity: Identity): readonly (readonly [string, string])[] {
  if (identity.backend !== 'onnx') return [['name', `${identity.backend ?? ''}:${identity.model ?? identity.seed ?? ''}`]];
  return Object.entries(identity)
    .filter(([key]) => !HOW_IT_RAN.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
