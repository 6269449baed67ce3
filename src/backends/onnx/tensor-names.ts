/** The names of tensors in files, which differ with what a model was saved as, in one spelling: that of the language model with its output layer. */
import type { Blueprint } from './blueprint.js';
import type { Weights } from './safetensors.js';

/** What stands in front of a text model inside one that also takes pictures or sound: what newer, and what older versions of transformers write. */
const WRAPPED: readonly (readonly [prefix: string, own: string])[] = [
  ['model.language_model.', 'model.'],
  ['language_model.model.', 'model.'],
  ['language_model.lm_head.', 'lm_head.'],
];

function unwrapped(name: string): string {
  const found = WRAPPED.find(([prefix]) => name.startsWith(prefix));
  return found === undefined ? name : `${found[1]}${name.slice(found[0].length)}`;
}

/**
 * Returns the weights under the names of the blueprint: without what wraps a text model, and with the prefix that a model saved without its output layer lacks.
 */
export function withCommonNames(weights: Weights, b: Blueprint): Weights {
  const wrapped = [...weights.tensors.keys()].some((name) => unwrapped(name) !== name);
  const named = wrapped
    ? new Map(
        [...weights.tensors]
          .filter(([name]) => unwrapped(name) !== name || name.startsWith('lm_head.'))
          .map(([name, place]) => [unwrapped(name), place] as const),
      )
    : weights.tensors;
  const table = `${b.embedding.table}.weight`;
  if (named.has(table) || !named.has(table.slice(b.prefix.length))) return { ...weights, tensors: named };
  const inner = [...named].map(([name, place]) => [name.startsWith(`${b.output.name}.`) ? name : `${b.prefix}${name}`, place] as const);
  return { ...weights, tensors: new Map(inner) };
}
