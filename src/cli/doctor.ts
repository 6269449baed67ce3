/** `eus-eval doctor`: arguments and printing only. */
import type { Command } from 'commander';
import { EXIT } from '../errors.js';
import type { Finding } from '../library/doctor.js';
import { screenOf, type Tone } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import { VERSION } from '../version.js';
import type { AddCommand } from './arguments.js';
import { print, printJson } from './print.js';

interface DoctorFlags {
  json: boolean;
  network: boolean;
}

/**
 * Adds `doctor`.
 */
export const addDoctor: AddCommand = (program, exit): Command =>
  program
    .command('doctor')
    .description('check the installation and suggest fixes: Node, ONNX Runtime, caches, keys, CUDA')
    .option('--json', 'print one JSON document', false)
    .option('--network', 'ask the hub whether it answers (without it nothing leaves this machine)', false)
    .action(async (flags: DoctorFlags) => {
      const { cpuWorks, examine } = await import('../library/doctor.js');
      const findings = await examine(flags.network);
      const works = cpuWorks(findings);
      if (flags.json) printJson({ version: VERSION, cpu: works, findings });
      else print(`${findingsTable(findings)}\n\n${summary(findings, works)}`);
      if (!works) exit(EXIT.user);
    });

const TONES: Readonly<Record<Finding['status'], Tone>> = { ok: 'good', missing: 'doubt', wrong: 'bad', 'not needed': 'soft' };

function findingsTable(findings: readonly Finding[]): string {
  return table(
    [{ title: 'Status' }, { title: 'What' }, { title: 'Found', wraps: true }],
    findings.map(({ name, status, detail, mend }) => [
      { text: status, tone: TONES[status] },
      name,
      status === 'ok' || mend === null ? detail : `${detail} -> ${mend}`,
    ]),
    screenOf(process.stdout),
  );
}

function summary(findings: readonly Finding[], works: boolean): string {
  if (!works) return 'no model can be run here until the lines above are mended';
  const faults = findings.filter(({ status }) => status === 'missing' || status === 'wrong').length;
  return faults === 0 ? 'everything is fine' : `models run on the CPU; ${faults} ${faults === 1 ? 'line' : 'lines'} above could be mended`;
}
