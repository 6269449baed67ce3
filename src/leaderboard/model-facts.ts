/** What people who choose a model want to know beside its scores. */
import { at } from '../at.js';
import type { ResultFile } from '../results/read.js';
import type { Measurement } from './collect.js';
import { familyOf, releasedOf } from './families.js';
import type { ModelNames } from './names.js';
import { knownSum } from './statistics.js';

/** Facts of a row; null is unknown. */
export interface ModelFacts {
  readonly family: string | null;
  readonly maker: string | null;
  /** `YYYY-MM-DD` or `YYYY-MM`. */
  readonly released: string | null;
  /** Its page on the hub or elsewhere, and its paper. */
  readonly link: string | null;
  readonly paper: string | null;
  /** Documents that its cells were evaluated on, together. */
  readonly documents: number | null;
  /** Date of its newest result, seconds since the epoch. */
  readonly evaluated: number;
  /** Seconds and US dollars of all files that its cells come from; null where one of them does not say. */
  readonly seconds: number | null;
  readonly usd: number | null;
}

/** Sources whose models have no page on the hub, whatever their name looks like. */
const ELSEWHERE = /^(openai|anthropic|fake|.*chat-completions)/;

/**
 * Returns the facts of a row from its files, the measurements that count, and its line of the names file.
 */
export function modelFacts(
  files: readonly ResultFile[],
  measurements: Iterable<Measurement>,
  named: ModelNames | undefined,
  identity: { readonly folder: string; readonly modelName: string; readonly variant: string },
): ModelFacts {
  const counted = [...measurements];
  const paths = new Set(counted.map((m) => m.path));
  const behind = files.filter((file) => paths.has(file.path));
  const known = familyOf([identity.modelName, identity.folder]);
  return {
    family: named?.family ?? known?.family ?? null,
    maker: named?.family == null ? (known?.maker ?? null) : null,
    released: named?.released ?? (identity.variant === '' ? releasedOf(identity.modelName) : null),
    link: named?.link ?? hubLink(at(files, 0).modelSource, identity),
    paper: named?.paper ?? null,
    documents: knownSum(counted.map((m) => m.documents)),
    evaluated: counted.reduce((latest, m) => Math.max(latest, m.date), 0),
    seconds: knownSum(behind.map((file) => file.seconds)),
    usd: knownSum(behind.map((file) => file.usd)),
  };
}

function hubLink(source: string, { modelName, variant }: { readonly modelName: string; readonly variant: string }): string | null {
  if (ELSEWHERE.test(source) || !/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(modelName)) return null;
  const revision = /^revision=([\w.-]+)$/.exec(variant)?.[1];
  return `https://huggingface.co/${modelName}${revision === undefined ? '' : `/tree/${revision}`}`;
}
