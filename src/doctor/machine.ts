/** What the machine gives: Node, the C library, cores and memory. */
import { availableParallelism, cpus } from 'node:os';
import { glibcVersion } from '../cuda/glibc.js';
import { availableMemory, type MemoryReader, thisMemory } from '../machine-memory.js';
import { type Finding, fault, ok } from './finding.js';

/** The oldest Node.js that works (`engines` in package.json). */
const NODE: readonly [number, number] = [20, 19];
/** Below this, even small models have no room. */
const LITTLE_MEMORY = 2 * 1024 ** 3;

/** How the machine is read; a test replaces it. */
export interface MachineReader extends MemoryReader {
  readonly nodeVersion: string;
  readonly arch: string;
  readonly glibc: readonly [number, number] | null;
  readonly cores: number;
}

/** This machine. */
function thisMachine(): MachineReader {
  const { versions, arch } = process;
  return { ...thisMemory(), nodeVersion: versions.node, arch, glibc: glibcVersion(), cores: availableParallelism() };
}

/**
 * Returns the findings about Node.js, the system, the cores and the memory.
 */
export function machineFindings(machine: MachineReader = thisMachine()): Finding[] {
  return [nodeFinding(machine), systemFinding(machine), coresFinding(machine), memoryFinding(machine)];
}

function nodeFinding({ nodeVersion }: MachineReader): Finding {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const enough = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  return enough
    ? ok('Node.js', nodeVersion, true)
    : fault('Node.js', 'wrong', nodeVersion, `install Node.js ${NODE.join('.')} or newer`, true);
}

function systemFinding({ platform, arch, glibc }: MachineReader): Finding {
  const here = `${platform} ${arch}${glibc === null ? '' : `, glibc ${glibc.join('.')}`}`;
  const binaries: readonly string[] = ['linux x64', 'linux arm64', 'darwin arm64', 'win32 x64', 'win32 arm64'];
  if (!binaries.includes(`${platform} ${arch}`)) {
    return fault('system', 'wrong', here, `ONNX Runtime has libraries for ${binaries.join(', ')}; API models and servers work here`, true);
  }
  if (platform === 'linux' && glibc === null) {
    return fault(
      'system',
      'wrong',
      `${here} without glibc`,
      "ONNX Runtime needs glibc; use a Debian or Ubuntu image instead of Alpine's",
      true,
    );
  }
  return ok('system', here, true);
}

/** The limit that a container's cores have, in cores; null for none. */
function coreLimit({ read }: MachineReader): number | null {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').trim().split(/\s+/).map(Number);
  if (quota !== undefined && period !== undefined && quota > 0 && period > 0) return quota / period;
  const old =
    Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? Number.NaN) / Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? Number.NaN);
  return old > 0 ? old : null;
}

function coresFinding(machine: MachineReader): Finding {
  const limit = coreLimit(machine);
  const model = cpus()[0]?.model.trim() ?? '';
  const text = `${machine.cores}${model === '' || model === 'unknown' ? '' : ` (${model})`}`;
  if (limit === null || limit >= machine.cores) return ok('CPU cores', text);
  const threads = Math.max(1, Math.floor(limit));
  return fault(
    'CPU cores',
    'wrong',
    `${text}, but this container may use ${limit.toFixed(1)}`,
    `give --threads ${threads}: more threads than cores wait for each other`,
  );
}

function memoryFinding(machine: MachineReader): Finding {
  const { bytes, limited } = availableMemory(machine);
  const gigabytes = (n: number): string => `${(n / 1e9).toFixed(1)} GB`;
  if (bytes === null) return ok('memory', `${gigabytes(machine.totalBytes)} in all`);
  const text = `${gigabytes(bytes)} free of ${gigabytes(machine.totalBytes)}${limited ? ', as the container limits it' : ''}`;
  return bytes >= LITTLE_MEMORY
    ? ok('memory', text)
    : fault('memory', 'wrong', text, 'a model needs 4 bytes for each parameter on a CPU: end other programs, or raise the limit');
}
