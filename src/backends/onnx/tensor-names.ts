/** The names of tensors in files, which differ with what a model was saved as, in one spelling: that of the language model with its output layer. */

import { UserError } from '../../errors.js';
import type { Blueprint, Stacked } from './blueprint.js';
import type { Weights } from './safetensors.js';
import type { TensorPlace } from './tensor-place.js';

/** What stands in front of a text model inside one that also takes pictures or sound: what newer, and what older versions of transformers write. */
const WRAPPED: readonly (readonly [prefix: string, own: string])[] = [
  ['model.language_model.', 'model.'],
  ['model.text_model.', 'model.'],
  ['language_model.model.', 'model.'],
  ['language_model.lm_head.', 'lm_head.'],
];

function unwrapped(name: string): string {
  const found = WRAPPED.find(([prefix]) => name.startsWith(prefix));
  return found === undefined ? name : `${found[1]}${name.slice(found[0].length)}`;
}

/** One tensor of many matrices as the matrices themselves, which lie one behind the other in the file. */
function unstacked(name: string, place: TensorPlace, { name: own, before, parts }: Stacked): (readonly [string, TensorPlace])[] {
  const [experts = 0, rows = 0, ...rest] = place.shape;
  if (place.lies !== undefined)
    throw new UserError(
      `${place.file}: tensor ${name} lies in another order than its shape; save the model with save_pretrained, which writes safetensors`,
    );
  const count = experts * parts.length;
  const length = place.length / count;
  const layer = name.slice(0, -own.length);
  return Array.from({ length: count }, (_, i) => [
    `${layer}${before}${Math.floor(i / parts.length)}.${parts[i % parts.length]}`,
    { ...place, shape: [rows / parts.length, ...rest], offset: place.offset + i * length, length },
  ]);
}

/**
 * Returns the weights under the names of the blueprint: without what wraps a text model, with the prefix that a model saved without its output layer lacks, and experts by themselves.
 */
export function withCommonNames(weights: Weights, b: Blueprint): Weights {
  const named = withPrefix(weights, b);
  const { aliases = [], stacked = [] } = b;
  if (aliases.length + stacked.length === 0) return named;
  const tensors = [...named.tensors].flatMap(([name, place]) => {
    const ours = aliases.reduce((known, [theirs, own]) => known.replace(theirs, own), name);
    const stack = stacked.find((entry) => ours.endsWith(`.${entry.name}`) && place.shape.length > 1);
    return stack === undefined ? [[ours, place] as const] : unstacked(ours, place, stack);
  });
  return { ...named, tensors: new Map(tensors) };
}

function withPrefix(weights: Weights, b: Blueprint): Weights {
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
