/** `eus-eval verify`: arguments and printing only. */
import { type Command, Option } from 'commander';
import { EXIT } from '../errors.js';
import type { Verification } from '../prompts/verify.js';
import type { PromptFamily } from '../types.js';
import { type AddCommand, dateOf, HOOKS_OPTION, INCLUDE_OPTION, namesOrAll, PROMPT_FAMILIES } from './arguments.js';
import { note, print, printJson } from './print.js';

interface VerifyFlags {
  hooks?: string;
  includePath?: string;
  prompt: PromptFamily;
  model?: string;
  templateDate?: string;
  data?: string;
  offline: boolean;
  json: boolean;
}

/**
 * Adds `verify`.
 */
export const addVerify: AddCommand = (program, exit): Command =>
  program
    .command('verify')
    .description('rebuild the prompts of whole tasks and compare their fingerprints with those recorded for the paper')
    .argument('[tasks...]', 'benchmarks, groups, wildcards, eu, en, es, all or task files (default: all)')
    .addOption(new Option('--prompt <family>', 'which prompts').choices(PROMPT_FAMILIES).default('plain'))
    .option('--model <ref>', 'folder or hub name whose chat template is used (only its tokenizer files are read)')
    .option('--template-date <yyyy-mm-dd>', 'today, for chat templates that print the date (without it they print their fixed one)')
    .option(...HOOKS_OPTION)
    .option(...INCLUDE_OPTION)
    .option('--data <dir>', 'folder with <repo>/<config>/<split>.jsonl; without it data sets come from the hub')
    .option('--offline', 'any network access is an error', false)
    .option('--json', 'print one JSON document', false)
    .action(async (names: string[], flags: VerifyFlags) => {
      const { verifyPrompts } = await import('../library/verify.js');
      const lines = await verifyPrompts({
        ...flags,
        tasks: namesOrAll(names),
        templateDate: dateOf(flags.templateDate),
        onLine: (line) => (flags.json ? undefined : print(describe(line))),
      });
      if (flags.json) printJson(lines);
      else print(summary(lines));
      if (!lines.some((line) => line.status === 'match' || line.status === 'differs' || line.actual !== null))
        note('eus-eval: nothing was verified: for none of these tasks there are both data and prompts of this family');
      if (lines.some((line) => line.status === 'differs')) exit(EXIT.regression);
    });

function describe(line: Verification): string {
  const count = line.documents === null ? '' : `${line.documents} documents`;
  // What else the folder holds helps with one name, not on dozens of lines; the JSON has it.
  const detail = line.detail === '' ? '' : `  ${line.status === 'no data' ? line.detail.replace(/; it holds .*/s, '') : line.detail}`;
  return `${line.status.padEnd(9)}  ${line.task.padEnd(36)}  ${line.status === 'match' ? count : ''}${detail}`.trimEnd();
}

function summary(lines: readonly Verification[]): string {
  // What one task does and what several do.
  const words = {
    match: ['matches', 'match'],
    differs: ['differs', 'differ'],
    'no record': ['no record', 'no record'],
    'no data': ['no data', 'no data'],
  } as const;
  const counts = Object.entries(words).map(([status, [one, several]]) => {
    const n = lines.filter((line) => line.status === status).length;
    return `${n} ${n === 1 ? one : several}`;
  });
  return `${lines.length} ${lines.length === 1 ? 'task' : 'tasks'}: ${counts.join(', ')}`;
}
