/** One row a model: its result files sorted out, the measurement that counts picked for each benchmark. */
import path from 'node:path';
import { at } from '../at.js';
import { UserError } from '../errors.js';
import { shortIdentity } from '../results/model-identity.js';
import type { PromptFamily } from '../types.js';
import type { FileSummary, Measurement } from './collect.js';
import { type ModelFacts, modelFacts } from './model-facts.js';
import { displayName, identityOf, isNamedAfter, type ModelIdentity } from './models.js';
import type { ModelNames } from './names.js';
import type { Note } from './notes.js';

/** A model with the measurement that counts for each benchmark it has. */
export interface Row {
  /** The name shown; distinct among rows. */
  readonly model: string;
  readonly folder: string;
  readonly modelName: string;
  readonly variant: string;
  readonly family: PromptFamily;
  readonly parameters: number | null;
  readonly arenaName: string | null;
  readonly facts: ModelFacts;
  readonly measurements: ReadonlyMap<string, Measurement>;
}

/**
 * Sorts result files into rows, by name. A model with results in two prompt families becomes two rows, never a mixed one. Of several measurements
 * of one benchmark that with most documents counts, then the newest. `unused`: folders of the names file that no row has. Throws `UserError` when two models would get one name.
 */
export function rowsOf(summaries: readonly FileSummary[], names: readonly ModelNames[]): { rows: Row[]; notes: Note[]; unused: string[] } {
  const named = new Set(summaries.filter((s) => isNamedAfter(s.file.folder, s.file.modelName)).map((s) => s.file.folder));
  const identities = modelIdentities(summaries);
  const groups = new Map<string, { identity: ModelIdentity; summaries: FileSummary[] }>();
  const variants = new Map<string, Set<string>>();
  for (const summary of summaries) {
    const identity = identityOf(summary.file, named, identities(summary.file));
    variants.set(summary.file.folder, (variants.get(summary.file.folder) ?? new Set()).add(identity.key));
    const key = `${identity.key}\n${summary.file.family}`;
    const group = groups.get(key) ?? { identity, summaries: [] };
    group.summaries.push(summary);
    groups.set(key, group);
  }
  const notes: Note[] = [];
  const families = new Map<string, number>();
  for (const { identity } of groups.values()) families.set(identity.key, (families.get(identity.key) ?? 0) + 1);
  const titled = [...groups.values()].map(({ identity, summaries: own }) => {
    const titles = [...new Set(own.map((s) => s.file.modelName))];
    const title = titles.find((t) => isNamedAfter(identity.folder, t)) ?? identity.modelName;
    if (titles.length > 1) notes.push({ key: 'renamed', values: { folder: identity.folder, names: titles.join(', ') } });
    const shown = displayName({ ...identity, modelName: title }, variants.get(identity.folder)?.size ?? 1, names);
    return { identity, own, title, shown };
  });
  const sharers = new Map<string, Set<string>>();
  for (const { identity, shown } of titled) sharers.set(shown, (sharers.get(shown) ?? new Set()).add(identity.key));
  const rows = titled.map(({ identity, own, title, shown }) => {
    const { family } = at(own, 0).file;
    // Two models of one name are told apart by what they are.
    const shared = identity.modelIdentity !== null && (sharers.get(shown)?.size ?? 1) > 1;
    const distinct = shared ? `${shown}-${shortIdentity(identity.modelIdentity)}` : shown;
    const model = (families.get(identity.key) ?? 1) > 1 ? `${distinct} (${family})` : distinct;
    const { measurements, replaced } = pick(own.flatMap((s) => s.measurements));
    if (replaced > 0) notes.push({ key: 'repeated', values: { model, n: replaced } });
    const named = names.find((n) => n.tableName === shown);
    return {
      model,
      folder: identity.folder,
      modelName: title,
      variant: identity.variant,
      family,
      parameters: own.find((s) => s.file.parameters !== null)?.file.parameters ?? null,
      arenaName: named?.arenaName ?? null,
      facts: modelFacts(
        own.map((s) => s.file),
        measurements.values(),
        named,
        { ...identity, modelName: title },
      ),
      measurements,
    };
  });
  const shown = new Set(titled.map((one) => one.shown));
  const unused = names.filter((n) => !shown.has(n.tableName)).map(({ folder }) => folder);
  rows.sort((a, b) => (a.model < b.model ? -1 : 1));
  rows.forEach((row, i) => {
    const other = rows[i + 1];
    if (other?.model !== row.model) return;
    throw new UserError(
      `two models are called '${row.model}': the folders ${row.folder} and ${other.folder}; tell them apart with --names FILE`,
    );
  });
  return { rows: rows.filter((r) => r.measurements.size > 0), notes, unused };
}

/** The identity of a file's model; that of the other files in its folder where it is too old to name one and they agree. */
function modelIdentities(summaries: readonly FileSummary[]): (file: FileSummary['file']) => string | null {
  const byFolder = new Map<string, Set<string>>();
  for (const { file } of summaries) {
    if (file.modelIdentity === null) continue;
    const folder = path.dirname(file.path);
    byFolder.set(folder, (byFolder.get(folder) ?? new Set()).add(file.modelIdentity));
  }
  return (file) => {
    const [only, second] = byFolder.get(path.dirname(file.path)) ?? [];
    return file.modelIdentity ?? (second === undefined ? (only ?? null) : null);
  };
}

function pick(measurements: readonly Measurement[]): { measurements: Map<string, Measurement>; replaced: number } {
  const best = new Map<string, Measurement>();
  for (const m of measurements) {
    const other = best.get(m.benchmark);
    if (other === undefined || counts(m, other)) best.set(m.benchmark, m);
  }
  return { measurements: best, replaced: measurements.length - best.size };
}

/** True when `a` counts rather than `b`: a value before none, more documents before fewer (a trial run with a limit), then the newer, then the path. */
function counts(a: Measurement, b: Measurement): boolean {
  const value = Number(a.value !== null) - Number(b.value !== null);
  if (value !== 0) return value > 0;
  if (a.weight !== b.weight) return a.weight > b.weight;
  return a.date !== b.date ? a.date > b.date : a.path > b.path;
}
