/** `eus-eval compare`: arguments and printing only. */
import { InvalidArgumentError } from 'commander';
import type { Allowable } from '../compare/differs.js';
import { EXIT } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import type { AddCommand } from './arguments.js';
import { wholeNumber } from './arguments.js';

interface CompareFlags {
  json: boolean;
  flips?: number | true;
  in?: string;
  allow: readonly Allowable[];
  seed: number;
  rounds: number;
}

/**
 * Adds `compare`.
 */
export const addCompare: AddCommand = (program, exit) =>
  program
    .command('compare')
    .description('compare two runs document by document, per benchmark and language')
    .argument('<base>', 'a folder of results of one model, a result file, a stored baseline, or FOLDER/MODEL')
    .argument('<candidate>', 'the same for the run that is judged')
    .option('--in <dir>', 'folder of models; <base> and <candidate> may then be names of models in it')
    .option(
      '--flips [count]',
      'show the documents that flipped, with prompt and answers (10 of each benchmark unless told)',
      wholeNumber(1),
    )
    .option('--allow <what>', 'compare even if fingerprint, shots or version differ (comma-separated)', allowed, [])
    .option('--seed <n>', 'seed of the bootstrap', wholeNumber(0), 1234)
    .option('--rounds <n>', 'rounds of the bootstrap', wholeNumber(100), 2000)
    .option('--json', 'print one JSON document', false)
    .action(async (base: string, candidate: string, flags: CompareFlags) => {
      const { compare } = await import('../library/compare.js');
      const { comparisonJson, comparisonText, flipsText, refusalMessage } = await import('../compare/print.js');
      const { flipped, ...comparison } = await compare({
        base,
        candidate,
        inside: flags.in,
        allow: flags.allow,
        seed: flags.seed,
        rounds: flags.rounds,
        flips: flags.flips === true ? 10 : flags.flips,
      });
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ...comparisonJson(comparison), ...(flipped === null ? {} : { flips: flipped }) }, null, 2)}\n`
          : `${comparisonText(comparison, screenOf(process.stdout))}${flipped === null ? '' : `\n${flipsText(flipped)}`}`,
      );
      const refusal = refusalMessage(comparison);
      if (refusal !== null) {
        process.stderr.write(`eus-eval: ${refusal}\n`);
        exit(EXIT.user);
      }
    });

/**
 * Parses `--allow`: words of `ALLOWABLE`, comma-separated; the option may be repeated.
 */
export function allowed(text: string, previous: readonly Allowable[]): readonly Allowable[] {
  const words: readonly Allowable[] = ['fingerprint', 'shots', 'version'];
  const items = text.split(',').map((item) => {
    const word = words.find((w) => w === item.trim());
    if (word === undefined) throw new InvalidArgumentError(`Valid: ${words.join(', ')}.`);
    return word;
  });
  return [...previous, ...items];
}
