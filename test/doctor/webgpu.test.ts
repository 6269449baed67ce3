import { describe, expect, it } from 'vitest';
import { runtimeVersion } from '../../src/cuda/installed.js';
import { type WebGpuReader, webGpuFindings } from '../../src/doctor/webgpu.js';
import { VERSION } from '../../src/version.js';

const CARD = { kind: 'card', name: 'AMD (amdgpu)', driver: 'amdgpu of Linux 6.12', backend: 'Vulkan' } as const;
const subject = {
  device: 'webgpu',
  card: CARD.name,
  driver: CARD.driver,
  runtime: runtimeVersion() ?? 'unknown',
  program: VERSION,
  attention: 'stacked',
};
const right = {
  subject,
  parts: [
    { name: 'one token', difference: 9e-7, wrong: null },
    { name: 'many tokens', difference: 8e-6, wrong: null },
  ],
  passed: true,
  float16: false,
  seconds: 2,
  day: '2026-11-26',
};
const wrong = {
  ...right,
  parts: [{ name: 'many tokens', difference: 0.1, wrong: "a log-probability differs from the CPU's by 0.10" }],
  passed: false,
};

async function lines(reader: Partial<WebGpuReader>): Promise<string[]> {
  const findings = await webGpuFindings({
    adapter: () => CARD,
    probe: async () => ({ error: null, runtime: '1.30.0', seconds: 0.4 }),
    verdicts: () => [],
    auto: async () => 'webgpu',
    ...reader,
  });
  return findings.map((finding) => JSON.stringify(finding));
}

describe('what doctor says of WebGPU', () => {
  it('card, driver and session; what the check found; what auto takes', async () => {
    const found = await lines({ verdicts: () => [right, { ...right, subject: { ...subject, program: '0.0.1' } }] });
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(/AMD \(amdgpu\), amdgpu of Linux 6\.12, over Vulkan; a session opens/);
    expect(found[1]).toMatch(/within 8\.0e-6 of the CPU's in 2 kinds of runs \(2026-11-26\); it has no float16/);
    expect(found[2]).toMatch(/takes webgpu/);
  });

  it('a device that computed wrong, one that does not open, and none', async () => {
    const [, check] = await lines({ verdicts: () => [wrong] });
    expect(check).toMatch(/"wrong".*many tokens: a log-probability differs from the CPU's by 0\.10.*--device cpu does without the card/);
    const [closed] = await lines({ probe: async () => ({ error: 'Failed to get a WebGPU adapter', runtime: null, seconds: 0.1 }) });
    expect(closed).toMatch(/no graphics card that WebGPU can use was found/);
    const [none] = await lines({ adapter: () => ({ kind: 'none', name: 'none', driver: 'none', backend: 'Vulkan' }) });
    expect(none).toMatch(/no graphics card is seen: models run on the CPU/);
  });
});
