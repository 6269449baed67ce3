/** Which device a model runs on, and what must be loaded for it. */
import { cardOf, visibleCards } from '../../cuda/cards.js';
import { explainCuda, faultLine, missingLibrary, SETUP } from '../../cuda/explain.js';
import { type CudaInstallation, findCuda } from '../../cuda/installed.js';
import { DRIVER_LIBRARY, systemLibrary } from '../../cuda/system-libraries.js';
import { UserError } from '../../errors.js';
import { type Adapter, findAdapter } from '../../webgpu/adapters.js';
import { explainWebGpu, webGpuLine } from '../../webgpu/explain.js';
import { probeSession } from './probe.js';
import type { Provider } from './protocol.js';

export interface Device {
  readonly provider: Provider;
  /** What the session's thread loads before ONNX Runtime; empty on a CPU. */
  readonly libraries: readonly string[];
  /** Card, driver and versions of the libraries, for the result file; empty on a CPU. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What the choice rests on; a test replaces it. */
export interface Machine {
  readonly find: typeof findCuda;
  readonly cards: typeof visibleCards;
  readonly hasDriver: () => boolean;
  readonly probe: typeof probeSession;
  /** What WebGPU would find. */
  readonly adapter: () => Adapter;
}

const THIS_MACHINE: Machine = {
  find: findCuda,
  cards: visibleCards,
  hasDriver: () => systemLibrary(DRIVER_LIBRARY) !== null,
  probe: probeSession,
  adapter: () => findAdapter(),
};

const CPU: Device = { provider: { name: 'cpu' }, libraries: [], facts: {} };

/**
 * Returns the device that a name means. `auto` is the first card when CUDA has been set up and a trial session works, else a real card when one works through WebGPU, else the
 * CPU; where a card can be seen and not used, `say` is told why, once. A device made of software is used only by name.
 *
 * Throws `UserError` for a name that is not known, and for `cuda` without its libraries.
 */
export async function chooseDevice(name: string, say: (line: string) => void, machine: Machine = THIS_MACHINE): Promise<Device> {
  const match = /^(auto|cpu|cuda|webgpu)(?::(\d+))?$/.exec(name);
  if (match === null || (match[1] !== 'cuda' && match[2] !== undefined))
    throw new UserError(`device "${name}" is not known; valid are auto, cpu, cuda, cuda:N, webgpu`);
  if (match[1] === 'cpu') return CPU;
  if (match[1] === 'webgpu') return onWebGpu(machine.adapter());
  const found = machine.find();
  if (match[1] === 'cuda') {
    if (found.origin === 'none') throw new UserError(`--device ${name}: ${faultLine(missingLibrary(found.missing))}`);
    return onCard(found, Number(match[2] ?? 0), machine);
  }
  const card = (): string | null => machine.cards().cards[0]?.name ?? null;
  /** CUDA is not used: the same card, or another one, may do through WebGPU. */
  const onCpu = async (why: string): Promise<Device> => {
    const adapter = machine.adapter();
    if (adapter.kind === 'card') {
      const { error } = await machine.probe({ provider: 'webgpu', deviceId: 0, libraries: [] });
      if (error === null) return onWebGpu(adapter);
      say(`${adapter.name} is not used, the model runs on the CPU: ${why}; WebGPU: ${webGpuLine(explainWebGpu(error))}`);
      return CPU;
    }
    const seen = card();
    if (seen !== null) say(`${seen} is not used, the model runs on the CPU: ${why}`);
    return CPU;
  };
  if (found.origin === 'none') return onCpu(`CUDA is not set up; ${SETUP}`);
  if (!machine.hasDriver()) return onCpu(faultLine(explainCuda(DRIVER_LIBRARY)));
  const { error } = await machine.probe({ provider: 'cuda', deviceId: 0, libraries: found.libraries });
  return error === null ? onCard(found, 0, machine) : onCpu(faultLine(explainCuda(error)));
}

function onWebGpu(adapter: Adapter): Device {
  const facts = { card: adapter.name, driver: adapter.driver, webgpu_over: adapter.backend };
  return {
    provider: { name: 'webgpu', bindingBytes: null, environment: { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '/tmp' } },
    libraries: [],
    facts,
  };
}

function onCard({ libraries, versions }: CudaInstallation, deviceId: number, machine: Machine): Device {
  const seen = machine.cards();
  const facts = { card: cardOf(seen, deviceId)?.name ?? null, driver: seen.driver, cuda_libraries: versions };
  return { provider: { name: 'cuda', deviceId }, libraries, facts };
}

/**
 * Returns the error for a session that could not be opened: what is missing for the device, or what the runtime says about the model.
 */
export function openError(name: string, folder: string, device: Pick<Device, 'provider'>, message: string): UserError {
  if (device.provider.name === 'cpu') return new UserError(`${folder}: ONNX Runtime cannot open the model: ${message}`);
  if (device.provider.name === 'webgpu') return new UserError(`--device webgpu: ${webGpuLine(explainWebGpu(message))}`);
  const fault = explainCuda(message);
  if (fault.kind === 'other' || fault.kind === 'memory') return new UserError(`${folder}: CUDA cannot open the model: ${faultLine(fault)}`);
  return new UserError(`--device ${name === 'auto' ? 'cuda' : name}: ${faultLine(fault)}`);
}
