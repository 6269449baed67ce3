/**
 * How long GPT-4o's 29,636 requests of the paper take with the scheduler, in virtual time: answers take 0.5 to 0.7 s, as recorded. A client that asks
 * one after the other took 6.1 hours.   usage: npx vite-node benchmarks/api-latency.ts
 */
import { type Simulation, simulate } from '../test/backends/api/simulated-server.js';

const COMMON = { requests: 29_636, latencyMs: [500, 700] } as const;
const CASES: readonly (readonly [string, Pick<Simulation, 'perMinute' | 'burst' | 'shape' | 'retryAfter' | 'headers' | 'max'>])[] = [
  ['one at a time', { perMinute: 1e9, burst: 1e9, shape: 'bucket', retryAfter: false, headers: false, max: 1 }],
  ['500 a minute, told in headers', { perMinute: 500, burst: 500, shape: 'bucket', retryAfter: true, headers: true, max: 64 }],
  ['500 a minute, only 429', { perMinute: 500, burst: 500, shape: 'bucket', retryAfter: false, headers: false, max: 64 }],
  ['500 a minute, bucket of 10, only 429', { perMinute: 500, burst: 10, shape: 'bucket', retryAfter: false, headers: false, max: 64 }],
  [
    '500 a minute, full again each minute, only 429',
    { perMinute: 500, burst: 0, shape: 'minute', retryAfter: false, headers: false, max: 64 },
  ],
  ['500 a minute, bucket of one, only 429', { perMinute: 500, burst: 1, shape: 'bucket', retryAfter: false, headers: false, max: 64 }],
  ['500 a minute, bucket of one, Retry-After', { perMinute: 500, burst: 1, shape: 'bucket', retryAfter: true, headers: false, max: 64 }],
  ['500 in any minute, only 429', { perMinute: 500, burst: 0, shape: 'sliding', retryAfter: false, headers: false, max: 64 }],
  ['no limit, 32 in flight', { perMinute: 1e9, burst: 1e9, shape: 'bucket', retryAfter: false, headers: false, max: 32 }],
];

console.log('| server | minutes | share of the allowed rate | refused | most in flight |\n| --- | --- | --- | --- | --- |');
for (const [name, simulation] of CASES) {
  const result = await simulate({ ...COMMON, ...simulation });
  if (result.answered !== COMMON.requests) throw new Error(`${name}: ${result.answered} answered`);
  const share = simulation.perMinute < 1e6 ? `${((100 * result.idealSeconds) / result.seconds).toFixed(1)} %` : '';
  console.log(`| ${name} | ${(result.seconds / 60).toFixed(1)} | ${share} | ${result.refused} | ${result.mostInFlight} |`);
}
