/** What transformers 5.23 knows of model types: data that `test/fixtures/model-configs/make_classes.py` and `make_types.py` wrote, read when a config is. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const configClass = z.strictObject({
  /** Its class for language modelling, the name that `architectures` has. */
  causal: z.string(),
  /** Its fields with their defaults, under the names that most classes use. */
  defaults: z.record(z.string(), z.unknown()),
  /** Fields of older spellings that it reads, too. */
  older: z.array(z.string()),
  /** Other classes that `architectures` may name. */
  others: z.array(z.string()).optional(),
  /** Its own names of fields that most classes name otherwise. */
  names: z.record(z.string(), z.string()).optional(),
  /** Base of the rotation where a file names none, where that is not 10,000. */
  theta: z.number().optional(),
  /** Values of `layer_types`, where they are not full and sliding attention. */
  layerTypes: z.array(z.string()).optional(),
  /** Fields that may list a value for each layer. */
  lists: z.array(z.string()).optional(),
  /** Of a model that also takes pictures or sound: the `model_type` of its text model. */
  text: z.string().optional(),
});

/** What transformers' configuration class of a model type knows. */
export type ConfigClass = Readonly<z.infer<typeof configClass>>;

const types = z.array(z.string());
const knownTypesSchema = z.strictObject({ decoder: types, withPictures: types, encoderDecoder: types, other: types });

let classes: ReadonlyMap<string, ConfigClass> | null = null;

/** Returns the classes that a graph can be written for, by `model_type`. Throws where the package is damaged. */
export function configClasses(): ReadonlyMap<string, ConfigClass> {
  classes ??= new Map(Object.entries(z.record(z.string(), configClass).parse(stored('config-classes'))));
  return classes;
}

/**
 * Returns all model types that transformers knows: language models; those of models that take pictures or sound and have a language model inside; encoder-decoder
 * models; and what is no language model, or a part of another. Throws where the package is damaged.
 */
export function knownTypes(): Readonly<z.infer<typeof knownTypesSchema>> {
  return knownTypesSchema.parse(stored('known-types'));
}

function stored(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8'));
}
