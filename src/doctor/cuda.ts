/** What runs on an NVIDIA card need: the card, its driver, the libraries, and a session. */
import path from 'node:path';
import { probeSession } from '../backends/onnx/probe.js';
import type { Env } from '../cache-folders.js';
import { type Cards, visibleCards } from '../cuda/cards.js';
import { explainCuda, INSTALL_DRIVER, SETUP } from '../cuda/explain.js';
import { findCuda, readSetup } from '../cuda/installed.js';
import { DRIVER_LIBRARY, systemLibraries, systemLibrary } from '../cuda/system-libraries.js';
import { type Finding, fault, notNeeded, ok } from './finding.js';

/** The first series of drivers that knows CUDA 13. */
const OLDEST_DRIVER = 580;

/** What is looked at; a test replaces it. */
export interface CudaReader {
  readonly env: Env;
  readonly cards: () => Cards;
  readonly driver: () => string | null;
  readonly probe: typeof probeSession;
}

/** This machine. */
function thisCuda(env: Env = process.env): CudaReader {
  return { env, cards: () => visibleCards(), driver: () => systemLibrary(DRIVER_LIBRARY, env), probe: probeSession };
}

/**
 * Returns the findings about CUDA. On a machine without a card nothing of it is needed, so nothing is a fault.
 */
export async function cudaFindings(reader: CudaReader = thisCuda()): Promise<Finding[]> {
  const { cards, driver: version } = reader.cards();
  const driver = reader.driver();
  const present = cards.length > 0 || driver !== null;
  if (!present) {
    const found = findCuda(reader.env);
    const libraries = found.origin === 'none' ? [] : libraryFindings(reader.env);
    return [notNeeded('NVIDIA card', 'none: models run on the CPU'), ...libraries];
  }
  const names = cards.map(({ name, memoryBytes }) => (memoryBytes === null ? name : `${name}, ${(memoryBytes / 1e9).toFixed(1)} GB`));
  return [
    cards.length > 0
      ? ok('NVIDIA card', names.join('; '))
      : fault(
          'NVIDIA card',
          'missing',
          'the driver is there, but shows no card',
          'check nvidia-smi; a container must be given the card (docker run --gpus all)',
        ),
    driverFinding(driver, version),
    ...libraryFindings(reader.env),
    await sessionFinding(reader),
  ];
}

function driverFinding(file: string | null, version: string | null): Finding {
  const name = 'NVIDIA driver';
  if (file === null) {
    return fault(name, 'missing', `${DRIVER_LIBRARY} not found`, INSTALL_DRIVER);
  }
  if (version !== null && Number.parseInt(version, 10) < OLDEST_DRIVER) {
    return fault(name, 'wrong', `${version}, too old for CUDA 13`, `install version ${OLDEST_DRIVER} or newer`);
  }
  return ok(name, `${version ?? 'of unknown version'} (${file})`);
}

/** A line for each package of libraries that setup brought, or for each library of the system. */
function libraryFindings(env: Env): Finding[] {
  const setup = readSetup(env);
  if (setup !== null) {
    const { manifest, torn } = setup;
    const packages = manifest.packages.map((entry) => {
      const own = torn !== null && path.basename(path.dirname(torn)) === entry.folder;
      const name = `CUDA: ${entry.name}`;
      return own
        ? fault(name, 'wrong', `${path.basename(torn)} is missing or cut short`, SETUP)
        : ok(name, `${entry.version}, ${entry.files.length} ${entry.files.length === 1 ? 'library' : 'libraries'}`);
    });
    const system = manifest.system.map((file) =>
      file === torn ? fault(`CUDA: ${path.basename(file)}`, 'missing', `${file} is gone`, SETUP) : ok(`CUDA: ${path.basename(file)}`, file),
    );
    return [...packages, ...system];
  }
  const found = findCuda(env);
  if (found.origin === 'none') return [fault('CUDA libraries', 'missing', `${found.missing} is not there`, SETUP)];
  const system = systemLibraries(env);
  return [
    ok('CUDA: ONNX Runtime', found.provider),
    ...system.found.map((file) => ok(`CUDA: ${path.basename(file)}`, file)),
    ...system.missing.map((name) => fault(`CUDA: ${name}`, 'missing', 'not found on this system', SETUP)),
  ];
}

async function sessionFinding({ env, probe }: CudaReader): Promise<Finding> {
  const name = 'CUDA session';
  const found = findCuda(env);
  if (found.origin === 'none') return fault(name, 'missing', 'not tried: the libraries are missing', SETUP);
  const { error, seconds } = await probe({ provider: 'cuda', deviceId: 0, libraries: found.libraries });
  if (error === null) return ok(name, `opens and computes float32 right, without TF32 (${seconds.toFixed(1)} s)`);
  const { what, mend } = explainCuda(error);
  return fault(name, 'wrong', what, mend ?? 'docs/cuda.md tells what to look at');
}
