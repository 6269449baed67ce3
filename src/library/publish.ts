import { isObject } from '../is-object.js';
import {
  type Checks,
  listOf,
  listWith,
  NAME,
  needed,
  type OneOrMore,
  type Optional,
  oneOf,
  oneOrMore,
  recordOf,
  refuseAborted,
  SIGNAL,
  SWITCH,
} from '../options.js';
import { FORMATS, type Format, type Published, publishResults } from '../publish/publish.js';
import { type Publisher, RELATIONSHIPS } from '../publish/record.js';

export type PublishOptions = {
  /** Folders of results files, which are searched recursively. */
  readonly results: OneOrMore<string>;
  readonly out: string;
} & Optional<{
  /** `eee` (records of Every Eval Ever), `hub` (`.eval_results/*.yaml`), `jsonl`; the first two without it. */
  formats: readonly Format[];
  /** Whether records come with their samples (the default), where the results have any. */
  samples: boolean;
  /** What the model is called there, ORG/NAME; as in the results without it. */
  modelId: string;
  /** Who publishes the records, and the publisher's relation to the model. */
  organization: string;
  relationship: NonNullable<Publisher['relationship']>;
  /** A page that the hub's entries point to. */
  source: { readonly url: string; readonly name?: string | undefined };
  /** Benchmarks that the hub calls otherwise, by task. */
  taskIds: Readonly<Record<string, string>>;
  signal: AbortSignal;
}>;

export const PUBLISH_CHECKS: Checks<PublishOptions> = {
  results: needed(
    oneOrMore('folders of results files (results in memory have no samples beside them to publish: give evaluate `out`)', NAME),
  ),
  out: needed({ ...NAME, expected: 'a folder' }),
  formats: listWith(FORMATS.join(', '), oneOf(...FORMATS)),
  samples: SWITCH,
  modelId: NAME,
  organization: NAME,
  relationship: oneOf(...RELATIONSHIPS),
  source: { expected: 'an object { url, name }', fits: isObject, fields: { url: needed({ ...NAME, expected: 'an address' }), name: NAME } },
  taskIds: recordOf('an object with the name at the hub for each task', NAME),
  signal: SIGNAL,
};

/**
 * Writes results as Every Eval Ever, the hub and trackers read them; nothing is sent. Returns the paths of the files, and notes on what could not be said. Throws
 * `UserError` when there are no results, one is broken, or the folder cannot be written.
 */
export async function publish({
  results,
  formats,
  organization,
  relationship,
  source,
  taskIds = {},
  ...options
}: PublishOptions): Promise<Published> {
  const { out, samples = true, modelId = null, signal } = options;
  refuseAborted(signal);
  return publishResults({
    dirs: listOf(results),
    out,
    formats: formats ?? ['eee', 'hub'],
    samples,
    modelId,
    publisher: { organization: organization ?? null, relationship: relationship ?? null },
    source: source === undefined ? null : { url: source.url, name: source.name ?? null },
    taskIds: new Map(Object.entries(taskIds)),
    now: Date.now,
    ...(signal === undefined ? {} : { signal }),
  });
}
