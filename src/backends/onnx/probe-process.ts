/**
 * A process that opens one tiny session and says how it went. A process, because libraries once loaded stay, and because a fault in them must not end
 * the program that asks. Argument: a `ProbeRequest` as JSON; standard output: a `ProbeReply` as JSON.
 */
import { at } from '../../at.js';
import './no-telemetry.js';
import { z } from 'zod';
import { loadedRuntimes, prepareCuda } from '../../cuda/load.js';
import type { ProbeReply, ProbeRequest } from '../../cuda/probe-types.js';
import { messageOf } from '../../errors.js';
import { probeModel, SIDE } from './probe-model.js';

const Request = z.object({
  provider: z.enum(['cpu', 'cuda', 'webgpu']),
  deviceId: z.number(),
  libraries: z.array(z.string()).readonly(),
  throughFloat16: z.boolean().optional(),
});

/** Needs more digits than TF32 and float16 have (10 bits), and fits in float32. */
const VALUE = 1 + 2 ** -12;
/** Fits in float16. */
const SHORT_VALUE = 1 + 2 ** -4;

async function probe({ provider, deviceId, libraries, throughFloat16 = false }: ProbeRequest): Promise<void> {
  if (provider === 'cuda') prepareCuda(libraries);
  const ort = await import('onnxruntime-node');
  ort.env.logLevel = 'fatal';
  const session = await ort.InferenceSession.create(probeModel(throughFloat16), {
    executionProviders: [provider === 'cuda' ? { name: 'cuda', deviceId } : { name: provider }],
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    ...(provider === 'cuda' ? { extra: { session: { disable_cpu_ep_fallback: '1' } } } : {}),
  });
  const given = throughFloat16 ? SHORT_VALUE : VALUE;
  const diagonal = Float32Array.from({ length: SIDE * SIDE }, (_, i) => (i % (SIDE + 1) === 0 ? given : 0));
  const x = new ort.Tensor('float32', diagonal, [SIDE, SIDE]);
  const { y } = await session.run({ x });
  const got = y?.data instanceof Float32Array ? y.data : new Float32Array(0);
  const wrong = diagonal.findIndex((value, i) => got[i] !== (value === 0 ? 0 : Math.fround(given * given)));
  if (wrong >= 0) {
    const rounded = got[0] === 1;
    throw new Error(
      rounded
        ? 'float32 is computed with the 10 bits of TF32, although NVIDIA_TF32_OVERRIDE=0 forbids it'
        : `a product of two numbers comes out as ${got[wrong]} instead of ${Math.fround(given * given)}`,
    );
  }
  await session.release();
}

const start = performance.now();
let error: string | null = null;
try {
  await probe(Request.parse(JSON.parse(at(process.argv, 2))));
} catch (failure) {
  error = messageOf(failure);
}
const reply: ProbeReply = { error, runtime: loadedRuntimes()[0] ?? null, seconds: (performance.now() - start) / 1000 };
process.stdout.write(`${JSON.stringify(reply)}\n`, () => process.exit(0));
