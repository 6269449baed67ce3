/** What a record says of the model: from the results file only. */
import { fieldsAt } from '../results/fields.js';
import { MODEL_VARIANTS } from '../results/model-identity.js';
import type { ResultFile } from '../results/read.js';
import { isPublicName, publicModelName } from './names.js';

/** Backends that are a company's own service. A chat server of one's own is reached through the same protocol, but at another address. */
const SERVICES: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['openai-chat-completions', 'openai'],
  ['anthropic', 'anthropic'],
  ['anthropic-chat', 'anthropic'],
]);
const OFFICIAL = /^https:\/\/api\.(openai|anthropic)\.com(\/|$)/;

/** Facts of a local model that anybody may know. */
const FACTS: Readonly<Record<string, string>> = {
  architecture: 'architecture',
  parameters: 'num_parameters',
  weights_dtype: 'weights_dtype',
  dtype: 'dtype',
  device: 'device',
  max_length: 'max_length',
};

/**
 * Returns the model of a results file under the name `modelId`. Weights are never said to be open or closed: a folder may hold either.
 */
export function modelInfoOf(file: ResultFile, modelId: string) {
  const facts = fieldsAt(file.eusEval?.model_facts);
  const [engine, version] = typeof facts.runtime === 'string' ? facts.runtime.split(' ') : [];
  const platform = SERVICES.get(file.modelSource);
  const elsewhere = typeof facts.base_url === 'string' && !OFFICIAL.test(facts.base_url);
  const official = platform !== undefined && !elsewhere;
  const local = file.modelSource === 'onnx' || file.modelSource === 'hf';
  return {
    name: file.modelName === modelId ? modelId : publicModelName(file.modelName),
    id: modelId,
    ...(isPublicName(modelId) ? { developer: modelId.slice(0, modelId.indexOf('/')) } : {}),
    ...(official ? { inference_platform: platform } : {}),
    ...(engine === undefined || engine === '' ? {} : { inference_engine: { name: engine, ...(version === undefined ? {} : { version }) } }),
    additional_details: {
      deployment_type: local ? 'self_deployed' : official ? 'externally_managed' : 'unknown',
      model_availability: 'unknown',
      ...(file.modelIdentity === null ? {} : { model_identity: file.modelIdentity }),
      ...variants(file),
      ...Object.fromEntries(Object.entries(FACTS).flatMap(([from, to]) => (isPlain(facts[from]) ? [[to, String(facts[from])]] : []))),
    },
  };
}

/**
 * Returns what tells a model from others of its name, e.g. `@exp_0_010` for a revision; empty for the plain model.
 */
export function variantSuffix(file: ResultFile): string {
  const found = Object.entries(variants(file)).filter(([name, value]) => name !== 'revision' || value !== 'main');
  return found.map(([name, value]) => (name === 'revision' ? `@${value}` : `@${name}=${value}`)).join('');
}

function variants(file: ResultFile): Record<string, string> {
  return Object.fromEntries(
    MODEL_VARIANTS.flatMap((name) => {
      const value = file.modelArgs.get(name);
      return value === undefined || value === '' || value === 'None' || value === 'False' ? [] : [[name, publicModelName(value)]];
    }),
  );
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
