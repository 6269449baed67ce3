/** What a gate lets through: a YAML or JSON file, checked field by field, over defaults that need no file. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { at } from '../at.js';
import { NOISE_NATS } from '../compare/noise.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { refuseProto } from '../python/plain-json.js';
import { didYouMean } from '../suggest.js';
import { refuseDeepYaml } from '../yaml-depth.js';

const percent = z.number().min(0).max(100);

/** Limits that a benchmark, language or group may have of its own: points for shares (percent of the documents), else the metric's unit. */
const LIMITS = z.strictObject({
  /** A significant drop of no more than this many points passes. */
  allowed_drop: z.number().min(0).optional(),
  /** Chance of a false alarm, over everything the gate judges together. */
  significance: z.number().gt(0).lt(1).optional(),
  /** The candidate must reach this value; it is a ceiling where less is better. */
  floor: z.number().optional(),
});
const BENCHMARK = LIMITS.extend({
  /** False: shown, never judged. */
  judge: z.boolean().optional(),
  /** Largest share of documents without a score, in percent. */
  unscored: percent.optional(),
});
const POLICY = z.strictObject({
  allowed_drop: percent.default(0.5),
  significance: z.number().gt(0).lt(1).default(0.05),
  unscored: percent.default(1),
  /** Benchmarks that both runs must hold; `base`: all that the base holds. */
  required: z.union([z.literal('base'), z.array(z.string())]).default('base'),
  /** Oldest baseline that is still believed; null: any. */
  baseline_age_days: z.number().gt(0).nullable().default(null),
  /** The gate says "cannot judge" where it could not have detected a drop of this many points; null: any power will do. */
  detectable: percent.nullable().default(15),
  /** Largest noise level, in nats, up to which two runs may be the same model (src/compare/noise.ts); 0 counts every flip. */
  noise_nats: z.number().min(0).default(NOISE_NATS),
  benchmarks: z.record(z.string(), BENCHMARK).default({}),
  languages: z.partialRecord(z.enum(['eu', 'en', 'es']), LIMITS).default({}),
  groups: z.record(z.string(), LIMITS.extend({ benchmarks: z.array(z.string()).min(1) })).default({}),
});

/** A policy with its defaults filled in. */
export type Policy = z.infer<typeof POLICY>;
/** A policy as it is written: what is left out has its default. */
export type PolicyFields = z.input<typeof POLICY>;
/** Limits of one thing that is judged. */
export type Limits = z.infer<typeof LIMITS>;

/** What the gate does without a file. */
export const DEFAULT_POLICY: Policy = POLICY.parse({});

/**
 * Reads a policy; the names of benchmarks in it must be among `known`. Throws `UserError` naming file, field, value and what would be valid.
 */
export async function readPolicy(file: string, known: readonly string[]): Promise<Policy> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`cannot read the policy ${file}: ${systemCode(error) === 'ENOENT' ? 'no such file' : messageOf(error)}`);
  }
  return policyFrom(text, file, known);
}

/**
 * Returns the policy in the text of a file; throws as `readPolicy` does.
 */
export function policyFrom(text: string, file: string, known: readonly string[]): Policy {
  let content: unknown;
  try {
    // YAML is a superset of JSON; aliases are limited so that a small file cannot unfold into a huge one.
    refuseDeepYaml(text);
    content = parse(text, { maxAliasCount: 100, logLevel: 'error' }) ?? {};
  } catch (error) {
    throw new UserError(`${file}: not YAML or JSON: ${messageOf(error)}`);
  }
  return policyOf(content, file, known);
}

/**
 * Checks the content of a policy that came from `file`. Throws as `readPolicy` does.
 */
export function policyOf(content: unknown, file: string, known: readonly string[]): Policy {
  try {
    refuseProto(content);
  } catch (error) {
    throw new UserError(`${file}: ${messageOf(error)}`);
  }
  const parsed = POLICY.safeParse(content);
  if (!parsed.success) throw new UserError(`${file}: ${firstIssue(parsed.error)}`);
  const policy = parsed.data;
  const named: [string, string][] = [
    ...Object.keys(policy.benchmarks).map((name): [string, string] => [`benchmarks.${name}`, name]),
    ...(policy.required === 'base' ? [] : policy.required.map((name, i): [string, string] => [`required[${i}]`, name])),
    ...Object.entries(policy.groups).flatMap(([group, { benchmarks }]) =>
      benchmarks.map((name, i): [string, string] => [`groups.${group}.benchmarks[${i}]`, name]),
    ),
  ];
  for (const [field, name] of named) {
    if (!known.includes(name)) {
      throw new UserError(
        `${file}: ${field}: no benchmark '${name}'; valid: those of \`eus-eval list\` or of the runs.${didYouMean(name, known)}`,
      );
    }
  }
  return policy;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'broken';
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = at(issue.keys, 0);
    const valid = Object.keys(shapeAt(issue.path).shape);
    return `${field === '' ? key : `${field}.${key}`}: no such field; valid: ${valid.join(', ')}.${didYouMean(key, valid)}`;
  }
  return `${field === '' ? 'the file' : field}: ${wording(issue)}`;
}

/** The validator's words begin with 'Invalid input: expected number, received string'. */
function wording(issue: { readonly message: string }): string {
  const found = /^Invalid input: expected (.*), received (.*)$/.exec(issue.message);
  return found === null ? issue.message : `expected a ${found[1]}, found a ${found[2]}`;
}

/** The fields that are valid at a place of the policy. */
function shapeAt(path: readonly PropertyKey[]): { readonly shape: Readonly<Record<string, unknown>> } {
  if (path.length < 2) return POLICY;
  return path[0] === 'benchmarks' ? BENCHMARK : path[0] === 'groups' ? LIMITS.extend({ benchmarks: z.array(z.string()) }) : LIMITS;
}
