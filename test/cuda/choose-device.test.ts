import { describe, expect, it } from 'vitest';
import { chooseDevice, type Machine, openError } from '../../src/backends/onnx/choose-device.js';
import { messageOf, UserError } from '../../src/errors.js';
import { type Adapter, type AdapterReader, findAdapter } from '../../src/webgpu/adapters.js';
import { explainWebGpu, webGpuLine } from '../../src/webgpu/explain.js';

const LIBRARIES = ['/cache/libcudart.so.13', '/cache/libonnxruntime.so.1.30.0'];
const NONE: Adapter = { kind: 'none', name: 'none', driver: 'none', backend: 'Vulkan' };
const RADEON: Adapter = { kind: 'card', name: 'AMD (amdgpu)', driver: 'amdgpu of Linux 6.12', backend: 'Vulkan' };
const GOOD: Machine = {
  find: () => ({
    origin: 'setup',
    libraries: LIBRARIES,
    provider: '/cache/libonnxruntime_providers_cuda.so',
    versions: { 'nvidia-cublas': '13.1' },
  }),
  cards: () => ({ cards: [{ name: 'NVIDIA H100', memoryBytes: null }], driver: '580.1' }),
  hasDriver: () => true,
  probe: async () => ({ error: null, runtime: null, seconds: 1 }),
  adapter: () => NONE,
};
const NO_CARD: Machine = { ...GOOD, cards: () => ({ cards: [], driver: null }), hasDriver: () => false };
const NO_SETUP = { find: () => ({ origin: 'none' as const, missing: 'libonnxruntime_providers_cuda.so' }) };
const forbidden: Machine['probe'] = () => Promise.reject(new Error('a session was tried'));

async function choose(name: string, machine: Machine) {
  const said: string[] = [];
  const { provider, libraries } = await chooseDevice(name, (line) => said.push(line), machine);
  return { provider, libraries, said };
}

describe('the device', () => {
  it.each(['auto', 'cuda'])('%s is the first card where CUDA works', async (name) => {
    expect(await choose(name, GOOD)).toEqual({ provider: { name: 'cuda', deviceId: 0 }, libraries: LIBRARIES, said: [] });
  });

  it('cuda:2 is the third card', async () => {
    expect((await choose('cuda:2', GOOD)).provider).toEqual({ name: 'cuda', deviceId: 2 });
  });

  it('says for the result file which card, driver and libraries', async () => {
    const { facts } = await chooseDevice('cuda', () => {}, GOOD);
    expect(facts).toEqual({ card: 'NVIDIA H100', driver: '580.1', cuda_libraries: { 'nvidia-cublas': '13.1' } });
    expect((await chooseDevice('cpu', () => {}, GOOD)).facts).toEqual({});
    expect((await chooseDevice('cuda:3', () => {}, GOOD)).facts.card).toBeNull();
  });

  it('cpu loads nothing and asks nothing', async () => {
    const nothing: Machine = { find: () => fail(), cards: () => fail(), hasDriver: () => fail(), probe: forbidden, adapter: () => fail() };
    expect(await choose('cpu', nothing)).toEqual({ provider: { name: 'cpu' }, libraries: [], said: [] });
  });

  it('auto is the CPU without a word where there is no card, set up or not', async () => {
    for (const machine of [NO_CARD, { ...NO_CARD, ...NO_SETUP }]) {
      expect(await choose('auto', { ...machine, probe: forbidden })).toEqual({ provider: { name: 'cpu' }, libraries: [], said: [] });
    }
  });

  it.each([
    [
      'CUDA is not set up',
      { ...GOOD, ...NO_SETUP },
      /^NVIDIA H100 is not used, the model runs on the CPU: CUDA is not set up; run 'eus-eval setup cuda'$/,
    ],
    [
      'the driver is missing',
      { ...GOOD, hasDriver: () => false },
      /: NVIDIA's driver is missing \(libcuda\.so\.1 not found\); install the driver/,
    ],
    [
      'the driver is old',
      { ...GOOD, probe: async () => ({ error: 'CUDA failure 35: x', runtime: null, seconds: 0 }) },
      /too old for CUDA 13/,
    ],
    [
      'the trial dies',
      {
        ...GOOD,
        probe: async () => ({ error: 'the trial session ended with signal SIGSEGV and said nothing', runtime: null, seconds: 0 }),
      },
      /SIGSEGV/,
    ],
  ])('auto says once why a card is not used: %s', async (_why, machine, line) => {
    const { provider, said } = await choose('auto', machine);
    expect(provider).toEqual({ name: 'cpu' });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(line);
  });

  it('cuda without its libraries is one line that names the first one missing', async () => {
    const error = await choose('cuda:1', { ...GOOD, ...NO_SETUP }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(messageOf(error)).toBe("--device cuda:1: libonnxruntime_providers_cuda.so is not there; run 'eus-eval setup cuda'");
  });

  it.each(['gpu', 'auto:1', 'cpu:0', 'cuda:', 'cuda:x'])('%s is not known', async (name) => {
    await expect(choose(name, GOOD)).rejects.toThrow(/is not known; valid are auto, cpu, cuda, cuda:N/);
  });

  it('a session that cannot be opened: the model is named where it is at fault', () => {
    const device = { provider: { name: 'cuda' as const, deviceId: 0 } };
    expect(openError('cuda', '/m', device, 'Could not find an implementation for X(1)').message).toBe(
      '/m: CUDA cannot open the model: Could not find an implementation for X(1)',
    );
    expect(openError('auto', '/m', device, 'CUDA failure 2: out of memory').message).toMatch(/^\/m: .*too little free memory/);
    expect(openError('cuda:1', '/m', device, 'CUDA failure 101: invalid device ordinal').message).toMatch(
      /^--device cuda:1: there is no card of this number/,
    );
    expect(openError('cpu', '/m', { provider: { name: 'cpu' } }, 'bad').message).toBe('/m: ONNX Runtime cannot open the model: bad');
  });
});

function fail(): never {
  throw new Error('asked');
}

describe('WebGPU', () => {
  it('is taken by name whatever the machine shows, and says for the result file what it stands on', async () => {
    const device = await chooseDevice('webgpu', () => {}, {
      ...NO_CARD,
      probe: forbidden,
      adapter: () => ({ ...NONE, kind: 'software', name: 'software (lvp_icd.json)' }),
    });
    expect(device.provider).toMatchObject({ name: 'webgpu', bindingBytes: null });
    expect(device.facts).toEqual({ card: 'software (lvp_icd.json)', driver: 'none', webgpu_over: 'Vulkan' });
  });

  it('is what auto takes for a real card without CUDA, when a trial session works', async () => {
    for (const machine of [
      { ...NO_CARD, ...NO_SETUP },
      { ...GOOD, ...NO_SETUP },
    ]) {
      const { provider, said } = await choose('auto', { ...machine, adapter: () => RADEON });
      expect([provider.name, said]).toEqual(['webgpu', []]);
    }
  });

  it('auto never takes a device made of software, and prefers CUDA', async () => {
    const software: Adapter = { ...NONE, kind: 'software' };
    expect((await choose('auto', { ...NO_CARD, ...NO_SETUP, probe: forbidden, adapter: () => software })).provider.name).toBe('cpu');
    expect((await choose('auto', { ...GOOD, adapter: () => RADEON })).provider.name).toBe('cuda');
  });

  it('auto says once why a card that WebGPU cannot use is not used', async () => {
    const probe: Machine['probe'] = async () => ({
      error: 'Failed to get a WebGPU adapter: No supported adapters',
      runtime: null,
      seconds: 0,
    });
    const { provider, said } = await choose('auto', { ...NO_CARD, ...NO_SETUP, probe, adapter: () => RADEON });
    expect(provider.name).toBe('cpu');
    expect(said).toEqual([
      expect.stringMatching(
        /^AMD \(amdgpu\) is not used, the model runs on the CPU: CUDA is not set up.*; WebGPU: no graphics card that WebGPU can use was found; /,
      ),
    ]);
  });

  it.each([
    ['Failed to get a WebGPU adapter: No supported adapters', /^no graphics card .* was found; install the Vulkan driver/],
    ['Program Cast requires f16 but the device does not support it', /does not compute in float16; leave out --dtype float16/],
    ["the device's process ended with signal SIGSEGV", /^the device was lost .*run the same command again/],
    ['something new\nwith a second line', /^something new$/],
  ])('%s: one line with the way out', (message, expected) => {
    const line = webGpuLine(explainWebGpu(message, 'linux'));
    expect(line).toMatch(expected);
    expect(line).not.toContain('\n');
  });

  const reader = (over: Partial<AdapterReader>): AdapterReader => ({
    env: {},
    platform: 'linux',
    release: '6.12',
    cpu: 'a processor',
    renderers: () => [],
    nvidia: () => ({ cards: [], driver: null }),
    ...over,
  });
  it.each([
    [reader({}), 'none', 'none'],
    [
      reader({
        env: { VK_DRIVER_FILES: '/usr/share/vulkan/icd.d/lvp_icd.json' },
        renderers: () => [{ vendor: '0x1002', driver: 'amdgpu' }],
      }),
      'software',
      'software (lvp_icd.json)',
    ],
    [reader({ renderers: () => [{ vendor: '0x1af4', driver: 'virtio-pci' }] }), 'none', 'none'],
    [reader({ renderers: () => [{ vendor: '0x1002', driver: 'amdgpu' }] }), 'card', 'AMD (amdgpu)'],
    [reader({ nvidia: () => ({ cards: [{ name: 'NVIDIA H100', memoryBytes: null }], driver: '580.1' }) }), 'card', 'NVIDIA H100'],
    [reader({ platform: 'darwin', cpu: 'Apple M4' }), 'card', 'graphics of Apple M4'],
  ])('finds the adapter of a machine', (machine, kind, name) => {
    expect(findAdapter(machine)).toMatchObject({ kind, name });
  });
});
