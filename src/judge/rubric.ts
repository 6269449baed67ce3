/** The rubric of a judge model: what it is told and asked, and how its verdict is read from its answer. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, systemCode, UserError } from '../errors.js';
import { compileTemplate } from '../jinja/template.js';
import { findAll, pythonRegex } from '../python/regex.js';
import type { Doc } from '../types.js';
import { refuseDeepYaml } from '../yaml-depth.js';

export interface Rubric {
  /** A label for each answer, or which of two answers is better. */
  readonly mode: 'score' | 'pairwise';
  readonly system: string | null;
  readonly labels: readonly string[];
  readonly maxNewTokens: number;
  /** Returns the question to the judge. Throws `UserError` where the template cannot be rendered. */
  prompt(fields: Doc): string;
  /** Returns the label that the judge's answer ends with, or null where it gives none that is known. */
  verdictIn(answer: string): string | null;
}

/** Verdicts of a pairwise rubric, by the place of the answers in the question. */
const PAIR_LABELS = ['A', 'B', 'tie'] as const;

const schema = z.strictObject({
  mode: z.enum(['score', 'pairwise']),
  system: z.string().optional(),
  prompt: z.string().min(1),
  /** A Python pattern with one group; its last match is the verdict. */
  verdict: z.string().min(1),
  labels: z
    .array(z.union([z.string(), z.number()]))
    .min(2)
    .optional(),
  max_new_tokens: z.number().int().positive().max(100_000).optional(),
});

/**
 * Reads a rubric (YAML, docs/judge.md). Throws `UserError` naming file and field.
 */
export async function readRubric(file: string): Promise<Rubric> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`${file}: ${systemCode(error) === 'ENOENT' ? 'no such file' : messageOf(error)}`);
  });
  return rubricOf(text, file);
}

/**
 * Returns the rubric that the text of a file describes; throws as `readRubric` does.
 */
export function rubricOf(text: string, file: string): Rubric {
  const inFile = <T>(what: string, make: () => T): T => {
    try {
      return make();
    } catch (error) {
      throw new UserError(`${file}: ${what}${messageOf(error)}`);
    }
  };
  const value: unknown = inFile('not YAML: ', () => {
    refuseDeepYaml(text);
    return parse(text);
  });
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'no rubric'}; docs/judge.md has an example`);
  }
  const { mode, system = null, prompt, verdict, labels: given, max_new_tokens: maxNewTokens = 512 } = parsed.data;
  if (mode === 'score' && given === undefined)
    throw new UserError(`${file}: labels: missing; name those that a verdict may be, e.g. [1, 2, 3, 4, 5]`);
  if (mode === 'pairwise' && given !== undefined)
    throw new UserError(`${file}: labels: of two answers they are ${PAIR_LABELS.join(', ')}; leave the field out`);
  const labels = (given ?? PAIR_LABELS).map(String);
  const pattern = inFile('verdict: ', () => pythonRegex(verdict));
  const { render } = inFile('prompt: ', () => compileTemplate(prompt));
  return {
    mode,
    system,
    labels,
    maxNewTokens,
    prompt: (fields) => inFile('prompt: ', () => render(fields)),
    verdictIn: (answer) => {
      const match = findAll(pattern, answer).at(-1);
      const word = (typeof match === 'string' ? match : (match?.find((group) => group !== '') ?? '')).trim().toLowerCase();
      return labels.find((label) => label.toLowerCase() === word) ?? null;
    },
  };
}
