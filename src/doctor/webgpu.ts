/** What runs through WebGPU need: a card that the runtime finds, a session on it, and numbers like those of the CPU. */
import { chooseDevice } from '../backends/onnx/choose-device.js';
import { probeSession } from '../backends/onnx/probe.js';
import { allVerdicts, type Verdict, verdictLine } from '../backends/onnx/verdicts.js';
import { runtimeVersion } from '../cuda/installed.js';
import { messageOf } from '../errors.js';
import { VERSION } from '../version.js';
import { type Adapter, findAdapter } from '../webgpu/adapters.js';
import { explainWebGpu } from '../webgpu/explain.js';
import { type Finding, fault, notNeeded, ok } from './finding.js';

/** What is looked at; a test replaces it. */
export interface WebGpuReader {
  readonly adapter: () => Adapter;
  readonly probe: typeof probeSession;
  readonly verdicts: () => readonly Verdict[];
  readonly auto: (say: (line: string) => void) => Promise<string>;
}

/** This machine. */
function thisWebGpu(): WebGpuReader {
  return {
    adapter: () => findAdapter(),
    probe: probeSession,
    verdicts: () => allVerdicts(),
    auto: async (say) => (await chooseDevice('auto', say)).provider.name,
  };
}

/**
 * Returns the findings about WebGPU, about what the check of each device found, and about what `--device auto` takes.
 */
export async function webGpuFindings(reader: WebGpuReader = thisWebGpu()): Promise<Finding[]> {
  const adapter = reader.adapter();
  return [...(await sessionFindings(adapter, reader)), ...checkFindings(reader.verdicts()), await autoFinding(reader)];
}

async function sessionFindings(adapter: Adapter, { probe }: WebGpuReader): Promise<Finding[]> {
  const name = 'WebGPU';
  if (adapter.kind === 'none') return [notNeeded(name, 'no graphics card is seen: models run on the CPU')];
  const { error, seconds } = await probe({ provider: 'webgpu', deviceId: 0, libraries: [] });
  const card = `${adapter.name}, ${adapter.driver}, over ${adapter.backend}`;
  if (error === null) return [ok(name, `${card}; a session opens and computes float32 right (${seconds.toFixed(1)} s)`)];
  const { what, mend } = explainWebGpu(error);
  return [fault(name, 'wrong', `${card}: ${what}`, mend ?? 'docs/devices.md tells what to look at')];
}

/** One line for each device that this version with this runtime has been checked on. */
function checkFindings(verdicts: readonly Verdict[]): Finding[] {
  const current = verdicts.filter(({ subject }) => subject.program === VERSION && subject.runtime === runtimeVersion());
  return current.map((verdict) => {
    const name = `check of ${verdict.subject.card} (${verdict.subject.device})`;
    const float16 = verdict.float16 === undefined ? '' : verdict.float16 ? '; it has float16' : '; it has no float16';
    return verdict.passed
      ? ok(name, `${verdictLine(verdict)}${float16}`)
      : fault(name, 'wrong', verdictLine(verdict), 'another driver; --device cpu does without the card');
  });
}

async function autoFinding({ auto }: WebGpuReader): Promise<Finding> {
  const said: string[] = [];
  try {
    const device = await auto((line) => said.push(line));
    return ok('--device auto', [`takes ${device}`, ...said].join(': '));
  } catch (error) {
    return fault('--device auto', 'wrong', messageOf(error), '--device cpu');
  }
}
