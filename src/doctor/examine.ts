/** Everything that `eus-eval doctor` looks at. */
import { cudaFindings } from './cuda.js';
import type { Finding } from './finding.js';
import { machineFindings } from './machine.js';
import { settingsFindings } from './settings.js';
import { packageFindings, runtimeFindings, trialFinding } from './software.js';
import { webGpuFindings } from './webgpu.js';

/**
 * Returns all findings in the order in which to read them. Opens tiny sessions; asks the network only with `network`; changes nothing.
 */
export async function examine(network: boolean): Promise<Finding[]> {
  const machine = machineFindings();
  const runtime = await runtimeFindings();
  const sound = [...machine, ...runtime].every((finding) => !finding.essential || finding.status === 'ok');
  return [
    ...machine,
    ...runtime,
    // After a fault above it would only repeat it, and a broken library could take this process with it.
    ...(sound ? [await trialFinding()] : []),
    ...(await cudaFindings()),
    ...(await webGpuFindings()),
    ...(await settingsFindings(network)),
    ...packageFindings(),
  ];
}

/** True when models can be run on the CPU of this machine. */
export function cpuWorks(findings: readonly Finding[]): boolean {
  return findings.every((finding) => !finding.essential || finding.status === 'ok');
}
