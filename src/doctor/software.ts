/** What is installed: ONNX Runtime, the models and data of the package, and the optional packages. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { probeSession } from '../backends/onnx/probe.js';
import { runtimeVersion } from '../cuda/installed.js';
import { messageOf } from '../errors.js';
import { packagePath } from '../package-files.js';
import { peerVersion, versionIn } from '../version.js';
import { type Finding, fault, notNeeded, ok } from './finding.js';

const require = createRequire(import.meta.url);

/** Folders of the package without which the default run cannot start. */
const OWN_FILES = ['tasks', 'fixtures/models/tiny-llama', 'fixtures/data'];

/**
 * Returns the findings about ONNX Runtime on the CPU (a tiny session is opened and its numbers are compared) and about this package's own files.
 */
export async function runtimeFindings(probe = probeSession): Promise<Finding[]> {
  const version = runtimeVersion();
  if (version === null) {
    return [
      fault('ONNX Runtime', 'missing', 'the package onnxruntime-node cannot be found', 'install this package again: npm install', true),
      filesFinding(),
    ];
  }
  const { error, seconds } = await probe({ provider: 'cpu', deviceId: 0, libraries: [] });
  const session =
    error === null
      ? ok('ONNX Runtime', `${version}; a session on the CPU opens and computes right (${seconds.toFixed(1)} s)`, true)
      : fault(
          'ONNX Runtime',
          'wrong',
          `${version}: ${error}`,
          'install this package again: npm install; on Linux it needs glibc 2.28 and libstdc++',
          true,
        );
  return [session, filesFinding()];
}

function filesFinding(): Finding {
  const absent = OWN_FILES.filter((file) => !existsSync(packagePath(file)));
  return absent.length === 0
    ? ok('own files', 'benchmarks, the tiny model and its data are there', true)
    : fault('own files', 'missing', `${absent.join(', ')} of this package`, 'install this package again: npm install', true);
}

/**
 * Runs the tiny model of this package on one question, as a run without arguments does. Returns one finding.
 */
export async function trialFinding(): Promise<Finding> {
  const name = 'trial run';
  try {
    const { openBackend, DEFAULT_OPEN_OPTIONS } = await import('../backends/open.js');
    const backend = await openBackend(null, { ...DEFAULT_OPEN_OPTIONS, device: 'cpu', threads: 1, offline: true });
    try {
      const request = { kind: 'choices' as const, context: 'Galdera: 1 + 1?\nErantzuna:', continuations: [' 2', ' 3'] };
      const asks = (async function* () {
        yield { id: 0, request };
      })();
      for await (const answer of backend.ask(asks, new AbortController().signal)) {
        if (answer.response.kind === 'failure') throw new Error(answer.response.message);
        return ok(name, 'the tiny model answers a question on the CPU', true);
      }
      throw new Error('the tiny model gave no answer');
    } finally {
      await backend.close();
    }
  } catch (error) {
    return fault(name, 'wrong', messageOf(error), 'see the lines above; if they are fine, report this', true);
  }
}

/**
 * Returns the findings about packages that only API models need.
 */
export function packageFindings(has = installedVersion): Finding[] {
  const wanted = [
    ['openai', 'openai:NAME'],
    ['@anthropic-ai/sdk', 'anthropic:NAME'],
  ] as const;
  return wanted.map(([name, models]) => {
    const version = has(name);
    const found = peerVersion(name);
    const install = `npm install ${name}${found === null ? '' : `@${found}`}`;
    return version === null
      ? notNeeded(`package ${name}`, `not installed; only --model ${models} needs it`, install)
      : ok(`package ${name}`, version);
  });
}

function installedVersion(name: string): string | null {
  // A package may not let others import its package.json, so the file is looked for where Node would look for the package.
  const places = (require.resolve.paths(name) ?? []).map((folder) => path.join(folder, name, 'package.json'));
  const file = places.find((place) => existsSync(place));
  return file === undefined ? null : versionIn(require(file));
}
