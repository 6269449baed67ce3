/** `eus-eval gate`: arguments and printing only. */

import { EXIT, UserError } from '../errors.js';
import type { Verdict } from '../gate/judge.js';
import { screenOf } from '../terminal/screen.js';
import type { AddCommand } from './arguments.js';
import { COMPARISON_OPTION, type ComparisonFlags } from './comparison-flags.js';
import { note, printJson } from './print.js';

interface GateFlags extends ComparisonFlags {
  config?: string;
  junit?: string;
  github: boolean;
  bless?: string | true;
}

const CODES: Readonly<Record<Verdict, number>> = { pass: EXIT.ok, regressed: EXIT.regression, 'cannot judge': EXIT.cannotJudge };

/**
 * Adds `gate`.
 */
export const addGate: AddCommand = (program, exit) =>
  program
    .command('gate')
    .description('judge whether a run is worse than its base: exit code 0 passed, 3 regressed, 4 cannot judge')
    .argument('<base>', 'a folder of results of one model, a result file, a stored baseline, or FOLDER/MODEL')
    .argument('<candidate>', 'the same for the run that is judged')
    .option('-c, --config <file>', 'policy in YAML or JSON (docs/gate.md); sensible limits without it')
    .option('--bless [file]', 'store the candidate as the new baseline, in <base> unless a file is named; exit code 0 even if it regressed')
    .option('--junit <file>', 'also write JUnit XML')
    .option('--github', 'also write the step summary and annotations of GitHub Actions', false)
    .option(...COMPARISON_OPTION.in)
    .option(...COMPARISON_OPTION.allow)
    .option(...COMPARISON_OPTION.seed)
    .option(...COMPARISON_OPTION.rounds)
    .option(...COMPARISON_OPTION.json)
    .action(async (base: string, candidate: string, flags: GateFlags) => {
      const summary = flags.github ? summaryFile() : undefined;
      const { gate } = await import('../library/gate.js');
      const { judgementAnnotations, judgementJson, judgementText } = await import('../gate/report.js');
      const outcome = await gate({
        base,
        candidate,
        inside: flags.in,
        policy: flags.config,
        bless: flags.bless === true ? base : flags.bless,
        junit: flags.junit,
        summary,
        allow: flags.allow,
        seed: flags.seed,
        rounds: flags.rounds,
      });
      if (outcome.judgement !== null) {
        const { judgement, policy } = outcome;
        if (flags.json) printJson(judgementJson(judgement, policy));
        else process.stdout.write(judgementText(judgement, screenOf(process.stdout)));
        if (flags.github) process.stderr.write(judgementAnnotations(judgement));
        exit(CODES[judgement.verdict]);
      } else if (flags.json) printJson({ verdict: null, reasons: [], blessed: outcome.blessed });
      if (outcome.blessed !== null) {
        note(`baseline: ${outcome.blessed}`);
        exit(EXIT.ok);
      }
    });

/** The file that GitHub Actions shows as the summary of a step. */
function summaryFile(): string {
  const file = process.env.GITHUB_STEP_SUMMARY ?? '';
  if (file === '') throw new UserError('--github: the variable GITHUB_STEP_SUMMARY is not set; it is inside a GitHub Actions step');
  return file;
}
