/**
 * Tries the devices of a machine and prints rows for benchmarks/GPU.md: the check of each device, documents per second on made-up documents, and the harness on the same
 * documents where Python has it.
 *
 * usage: npx vite-node benchmarks/gpu.ts [--model DIR] [--devices cuda,webgpu,cpu] [--dtype auto] [--documents N] [--python VENV/bin/python] [--harness-dtype bfloat16] [--software]
 *
 * `--software` takes a Vulkan device made of software where the machine has one (see test/software-gpu.ts): it shows that everything works, and nothing about speed, so that 4
 * documents are asked of it instead of 200, and CUDA is left out.
 * Both are measured from the first request to the last score, after a few documents that do not count. Without --model the tiny model of this package is taken, which says
 * nothing about speed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openOnnx } from '../src/backends/onnx/open.js';
import { messageOf } from '../src/errors.js';
import { packagePath } from '../src/package-files.js';
import type { Ask, Backend } from '../src/types.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: packagePath('fixtures/models/tiny-llama') },
    devices: { type: 'string' },
    dtype: { type: 'string', default: 'auto' },
    documents: { type: 'string' },
    python: { type: 'string' },
    'harness-dtype': { type: 'string', default: 'bfloat16' },
    'harness-batch': { type: 'string', default: '64' },
    software: { type: 'boolean', default: false },
  },
});

const devices = (values.devices ?? (values.software ? 'webgpu,cpu' : 'cuda,webgpu,cpu')).split(',');
const count = Number(values.documents ?? (values.software ? 4 : 200));
if (!(Number.isInteger(count) && count > 0)) {
  console.error(`--documents ${values.documents}: a whole number from 1 is valid`);
  process.exit(2);
}
if (values.software && (await import('../test/software-gpu.js')).SOFTWARE_GPU === null) process.exit(1);

const WORDS = 'etxe mendi ibai kale liburu ikasle hiri itsaso egun gau urte lan hizkuntza herri jende mundu bide eskola ur'.split(' ');
let seed = 1;
const text = (words: number): string =>
  Array.from({ length: words }, () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return WORDS[seed % WORDS.length];
  }).join(' ');

/** Documents that do not count, before the others: they are none of these, because what was computed once stays on the device. */
const WARM_UP = Math.min(8, Math.ceil(count / 4));

/** A question on a passage of its own with four letters: nothing is shared, so both programs compute the same tokens but for the choices. */
const documents = Array.from({ length: count + WARM_UP }, () => ({
  context: `P: ${text(90)}\nQ: ${text(12)}?\nA: ${text(4)}\nB: ${text(4)}\nC: ${text(4)}\nD: ${text(4)}\nAnswer:`,
  continuations: [' A', ' B', ' C', ' D'],
}));

interface Measured {
  readonly seconds: number;
  readonly tokens: number;
  readonly scores: readonly number[];
}

async function measure(backend: Backend, from: number, to: number): Promise<Measured> {
  const asks: Ask[] = documents.slice(from, to).map((document, id) => ({ id, request: { kind: 'choices', ...document } }));
  async function* source(): AsyncGenerator<Ask> {
    yield* asks;
  }
  const before = backend.work().computedTokens;
  const start = performance.now();
  const scores: number[][] = [];
  for await (const { id, response } of backend.ask(source(), new AbortController().signal)) {
    if (response.kind !== 'choices') throw new Error(response.kind === 'failure' ? response.message : 'no scores');
    scores[id] = [...response.logprobs];
  }
  return { seconds: (performance.now() - start) / 1000, tokens: backend.work().computedTokens - before, scores: scores.flat() };
}

/** Documents or tokens in a second, with three digits where they are few. */
const perSecond = (n: number, seconds: number): string =>
  n / seconds < 10 ? (n / seconds).toPrecision(3) : (n / seconds).toFixed(n / seconds < 100 ? 1 : 0);

function row(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function harness(): { seconds: number; device: string; values: number[] } | null {
  if (values.python === undefined) return null;
  const file = fileURLToPath(new URL('gpu-harness.py', import.meta.url));
  const { status, stdout, stderr, error } = spawnSync(
    values.python,
    [file, values.model, values['harness-dtype'], values['harness-batch']],
    {
      input: JSON.stringify(documents.slice(0, count).map(({ context, continuations }) => [context, continuations])),
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  console.error(`the harness was not run: ${error === undefined ? stderr.trim().split('\n').at(-1) : messageOf(error)}`);
  return null;
}

function dtypeOf(name: string): 'auto' | 'float32' | 'float16' | 'bfloat16' {
  if (name === 'auto' || name === 'float32' || name === 'float16' || name === 'bfloat16') return name;
  throw new Error(`--dtype ${name}: valid are auto, float32, float16, bfloat16`);
}

const reference = harness();
row(['card', 'program', 'dtype', 'documents/s', 'tokens/s', 'largest difference from the harness', 'check of the device']);
row(['---', '---', '---', '---:', '---:', '---:', '---']);
if (reference !== null)
  row([
    reference.device,
    'harness',
    values['harness-dtype'],
    perSecond(count, reference.seconds),
    '',
    '',
    `batch ${values['harness-batch']}`,
  ]);
for (const device of devices) {
  try {
    const backend = await openOnnx({
      folder: values.model,
      modelName: 'benchmark',
      device,
      dtype: device === 'cpu' ? 'auto' : dtypeOf(values.dtype),
      renderChat: null,
      chatTemplate: null,
      say: (line) => console.error(line),
    });
    await measure(backend, count, count + WARM_UP);
    const { seconds, tokens, scores } = await measure(backend, 0, count);
    const { facts } = backend;
    const worst = reference === null ? null : Math.max(...scores.map((value, i) => Math.abs(value - (reference.values[i] ?? Number.NaN))));
    row([
      String(facts.card ?? 'CPU'),
      `eus-eval, ${device}`,
      String(facts.dtype),
      perSecond(count, seconds),
      perSecond(tokens, seconds),
      worst === null ? '' : worst.toExponential(1),
      String(facts.device_check ?? ''),
    ]);
    await backend.close();
  } catch (error) {
    console.error(`${device}: ${messageOf(error)}`);
  }
}
