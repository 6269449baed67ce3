/** The results file, with the harness's keys (docs/results.md). */
import { createHash } from 'node:crypto';
import { fileNameOf } from '../file-name.js';
import { BOOTSTRAP_ITERATIONS } from '../metrics/define.js';
import { PyFloat } from '../python/float.js';
import { isGroup, nodesOf } from '../task-tree.js';
import { FEWSHOT_SEED } from '../tasks/vary.js';
import type { Estimate, Group, ScoreTable, Task, Value } from '../types.js';
import { VERSION } from '../version.js';
import { countFields } from './counts.js';
import type { RunFacts, RunOutcome, TaskOutcome } from './outcome.js';
import { variantSummaries } from './prompt-variants.js';
import { stderrKey } from './score-key.js';

type Fields = Record<string, Value>;

/**
 * Returns the content of a results file: the harness's keys, and under `eus_eval` what the harness has no place for
 * (prompt family and whether the prompts are the paper's, unscored documents, work done, the shard).
 */
export function resultsContent(run: RunOutcome, facts: RunFacts): Fields {
  const nodes = run.roots.flatMap((root) => nodesOf(root));
  const outcomes = nodes.flatMap(({ node }) => (isGroup(node) ? [] : (run.tasks.get(node.name) ?? [])));
  const results: Fields = {};
  const groupScores: Fields = {};
  for (const { node, depth } of nodes) {
    const table = isGroup(node) ? (run.groups.get(node.name) ?? null) : (run.tasks.get(node.name)?.table ?? null);
    const scores: Fields = { alias: indentAlias(node.alias, depth), ...scoreFields(table) };
    results[node.name] = scores;
    if (isGroup(node) && table !== null) groupScores[node.name] = scores;
  }
  return {
    results,
    ...(nodes.some(({ node }) => isGroup(node)) ? { groups: groupScores } : {}),
    group_subtasks: Object.fromEntries(nodes.filter((n) => n.depth === 0 || isGroup(n.node)).map((n) => [n.node.name, childNames(n.node)])),
    configs: Object.fromEntries(outcomes.map((o) => [o.task.name, toValue(o.task.config)])),
    versions: Object.fromEntries(nodes.map((n) => [n.node.name, version(n.node.version)])),
    'n-shot': Object.fromEntries(outcomes.map((o) => [o.task.name, o.task.fewshot.count])),
    higher_is_better: Object.fromEntries(nodes.map((n) => [n.node.name, higherIsBetter(n.node)])),
    'n-samples': Object.fromEntries(outcomes.map((o) => [o.task.name, { original: o.original, effective: o.effective }])),
    config: {
      model: facts.modelSource,
      model_args: `pretrained=${facts.ownName}`,
      ...toFields(facts.modelFacts),
      limit: facts.limit,
      bootstrap_iters: BOOTSTRAP_ITERATIONS,
      gen_kwargs: null,
      random_seed: 0,
      numpy_seed: 1234,
      torch_seed: 1234,
      fewshot_seed: outcomes[0]?.task.fewshot.seed ?? FEWSHOT_SEED,
    },
    git_hash: null,
    date: facts.startedAt,
    task_hashes: Object.fromEntries(outcomes.map((o) => [o.task.name, o.taskHash])),
    model_source: facts.modelSource,
    model_name: facts.modelName,
    name: facts.modelName,
    model_identity: facts.modelIdentity,
    model_name_sanitized: fileNameOf(facts.modelName),
    system_instruction: facts.systemInstruction,
    system_instruction_sha: sha(facts.systemInstruction),
    fewshot_as_multiturn: facts.fewshotAsMultiturn,
    chat_template: facts.chatTemplate,
    chat_template_sha: sha(facts.chatTemplate),
    start_time: facts.startedAt,
    end_time: facts.endedAt,
    total_evaluation_time_seconds: String(facts.endedAt - facts.startedAt),
    eus_eval: ownFields(run, facts, outcomes),
  };
}

function ownFields(run: RunOutcome, facts: RunFacts, outcomes: readonly TaskOutcome[]): Fields {
  return {
    version: VERSION,
    prompt: facts.family,
    data: facts.data,
    remark: facts.remark,
    identity: { ...facts.identity },
    settings: { ...facts.settings },
    shard: facts.shard === null ? null : { index: facts.shard.index, count: facts.shard.count },
    selected: [...facts.selected],
    model_facts: toFields(facts.modelFacts),
    tasks: Object.fromEntries(
      outcomes.map((o) => [
        o.task.name,
        {
          prompts: o.prompts,
          documents: o.effective,
          scored: o.scored,
          headline: o.table !== null,
          chance: o.chance === null ? null : float(o.chance),
          ...countFields(o.counts),
        },
      ]),
    ),
    about: Object.fromEntries(
      run.roots
        .flatMap((root) => nodesOf(root))
        .map(({ node: { name, meta } }) => [
          name,
          { language: meta.language, category: meta.category, headline_metric: meta.headlineMetric },
        ]),
    ),
    averages: Object.fromEntries(
      run.averages.map(({ language, value, benchmarks, missing }) => [
        language,
        { value: value === null ? null : float(value), benchmarks: [...benchmarks], missing: [...missing] },
      ]),
    ),
    ...variantFields(run),
    counts: countFields(run.counts),
    work: facts.work === null ? null : toValue({ ...facts.work }),
  };
}

function variantFields(run: RunOutcome): Fields {
  const summaries = variantSummaries(run);
  if (summaries.length === 0) return {};
  const scores = ({ value, stderr }: Estimate): Fields => ({ value: float(value), stderr: stderr === null ? null : float(stderr) });
  const fields = summaries.map(({ task, key, worst, best, mean, spread, scores: all }): [string, Fields] => [
    task,
    {
      metric: key,
      worst,
      best,
      mean: float(mean),
      spread: float(spread),
      scores: Object.fromEntries([...all].map(([name, estimate]) => [name, scores(estimate)])),
    },
  ]);
  return { prompt_variants: Object.fromEntries(fields) };
}

/**
 * Returns a time as it stands in file names: ISO with `-` instead of `:`, six digits of seconds, as the harness writes it.
 */
export function fileTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000').replace(/:/g, '-');
}

function childNames(node: Group | Task): Value[] {
  return isGroup(node) ? node.children.map((c) => c.name) : [];
}

function indentAlias(alias: string, depth: number): string {
  return depth === 0 ? alias : `${' '.repeat(depth)}- ${alias}`;
}

function scoreFields(table: ScoreTable | null): Fields {
  if (table === null) return {};
  return Object.fromEntries(
    Object.entries(table.estimates).flatMap(([key, { value, stderr }]: [string, Estimate]) => [
      [key, float(value)],
      [stderrKey(key), stderr === null ? 'N/A' : float(stderr)],
    ]),
  );
}

function higherIsBetter(node: Group | Task): Fields {
  if (!isGroup(node)) return Object.fromEntries(node.metrics.map((m) => [m.metric, m.higherIsBetter]));
  return Object.assign({}, ...node.children.map(higherIsBetter));
}

/** Versions are floats in the harness's files; a text stays a text. */
function version(v: string | number): Value {
  return typeof v === 'number' ? float(v) : v;
}

/** A float for Python's eyes: 1 would be read as an integer and printed without its digits. */
function float(x: number): Value {
  return Number.isInteger(x) ? new PyFloat(x) : x;
}

function sha(text: string | null): string | null {
  return text === null || text === '' ? null : createHash('sha256').update(text).digest('hex');
}

function toFields(record: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k, toValue(v)]));
}

/** Plain data as a `Value`; what JSON has no word for is written as text. */
function toValue(x: unknown): Value {
  if (x === null || x === undefined) return null;
  if (typeof x === 'boolean' || typeof x === 'string' || typeof x === 'number' || typeof x === 'bigint' || x instanceof PyFloat) return x;
  if (Array.isArray(x)) return x.map(toValue);
  if (typeof x === 'object') return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, toValue(v)]));
  return String(x);
}
