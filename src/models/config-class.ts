/** A value of JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** What transformers' configuration class of a model type knows. */
export interface ConfigClass {
  /** Its class for language modelling, the name that `architectures` has. */
  readonly causal: string;
  /** Its fields with their defaults, under the names that most classes use. */
  readonly defaults: Readonly<Record<string, JsonValue>>;
  /** Fields of older spellings that it reads, too. */
  readonly older: readonly string[];
  /** Other classes that `architectures` may name. */
  readonly others?: readonly string[];
  /** Its own names of fields that most classes name otherwise. */
  readonly names?: Readonly<Record<string, string>>;
  /** Base of the rotation where a file names none, where that is not 10,000. */
  readonly theta?: number;
  /** Values of `layer_types`, where they are not full and sliding attention. */
  readonly layerTypes?: readonly string[];
  /** Fields that may list a value for each layer. */
  readonly lists?: readonly string[];
  /** Of a model that also takes pictures or sound: the `model_type` of its text model. */
  readonly text?: string;
}
