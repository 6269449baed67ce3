import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { normalName, requirementsOf } from '../../src/cuda/requirement.js';
import { compareVersions, parseConditions, parseVersion, satisfies, type Version } from '../../src/cuda/version.js';
import { parseWheelName } from '../../src/cuda/wheel-name.js';
import { UserError } from '../../src/errors.js';
import { packagePath } from '../../src/package-files.js';

/** What Python's own library says (make-pep440.py). */
const truth = z
  .object({
    order: z.array(z.string()),
    satisfies: z.record(z.string(), z.array(z.string())),
    markers: z.record(z.string(), z.array(z.string())),
    names: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync(packagePath('test/fixtures/cuda/pep440.json'), 'utf8')));

function version(text: string): Version {
  const parsed = parseVersion(text);
  if (parsed === null) throw new Error(`not a version: ${text}`);
  return parsed;
}

describe('versions and conditions, as the library packaging of Python sees them', () => {
  it('sorts alike', () => {
    const sorted = [...truth.order].reverse().sort((a, b) => compareVersions(version(a), version(b)));
    // Equal ones (13 and 13.0) may stand in either order.
    expect(sorted.map((text) => truth.order.findIndex((other) => compareVersions(version(other), version(text)) === 0))).toEqual(
      truth.order.map((text) => truth.order.findIndex((other) => compareVersions(version(other), version(text)) === 0)),
    );
  });

  it.each(Object.entries(truth.satisfies))('"%s" holds for the same versions', (text, holding) => {
    const conditions = parseConditions(text, 'test');
    const own = truth.order.filter((candidate) => satisfies(version(candidate), conditions));
    expect(own.sort()).toEqual([...holding].sort());
  });

  it.each(['===1.0', '~=13', '>=1.*', '>=1!2', '>=1.0+cpu', 'latest', '>= ', '~1.0'])('refuses "%s"', (text) => {
    expect(() => parseConditions(text, 'wheel.whl')).toThrow(/^wheel\.whl: the version condition ".*" is not understood/);
  });

  it.each(Object.entries(truth.names))('calls %s %s', (name, normal) => expect(normalName(name)).toBe(normal));
});

describe('requirements', () => {
  it.each(Object.entries(truth.markers))('the marker %s', (marker, holding) => {
    const metadata = `Metadata-Version: 2.1\nRequires-Dist: nvidia-x~=1.0; ${marker}\n\nRequires-Dist: not-a-header\n`;
    const own = ['', 'cuda', 'cudnn'].filter((extra) => {
      // `requirementsOf` asks for the extra and for none; where none is enough, every extra is.
      const found = requirementsOf(metadata, extra === '' ? [] : [extra], false, 'test');
      return found.length > 0;
    });
    const expected = holding.includes('') ? ['', 'cuda', 'cudnn'] : holding;
    expect(own).toEqual(expected);
  });

  const metadata = [
    'Metadata-Version: 2.4',
    'Name: onnxruntime-gpu',
    'Requires-Dist: numpy>=1.21.6',
    'Requires-Dist: sympy; extra == "symbolic"',
    'Requires-Dist: nvidia-cuda_runtime~=13.0; extra == "cuda"',
    'Requires-Dist: nvidia-cudnn-cu13 (~=9.0) ; extra == "cudnn"',
    '',
    'Requires-Dist: description',
  ].join('\r\n');

  it('takes only what the asked extras add', () => {
    expect(requirementsOf(metadata, ['cuda', 'cudnn'], true, 'w').map(({ name }) => name)).toEqual([
      'nvidia-cuda-runtime',
      'nvidia-cudnn-cu13',
    ]);
    expect(requirementsOf(metadata, [], false, 'w').map(({ name }) => name)).toEqual(['numpy']);
  });

  it.each([
    ['x; python_version < "3.9"', /the marker is not understood/],
    ['x; extra == "cuda', /the marker is not understood/],
    ['x; (extra == "cuda"', /the marker is not understood/],
    ['x; extra "cuda"', /the marker is not understood/],
    ['x; extra == "cuda" extra', /the marker is not understood/],
    ['x @ https://example.org/x.whl', /this requirement is not understood/],
    ['x~=1', /the version condition "~=1" is not understood/],
  ])('says what it does not understand: %s', (line, message) => {
    const read = () => requirementsOf(`Requires-Dist: ${line}`, ['cuda'], false, 'w.whl');
    expect(read).toThrow(message);
    expect(read).toThrow(UserError);
  });
});

describe('names of wheels', () => {
  it.each([
    ['nvidia_cublas-13.10.0.20-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl', 'nvidia-cublas', '13.10.0.20', [2, 5]],
    ['onnxruntime_gpu-1.30.0-cp313-cp313t-manylinux_2_28_x86_64.whl', 'onnxruntime-gpu', '1.30.0', [2, 28]],
    ['nvidia_cufft-12.5.0.14-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl', 'nvidia-cufft', '12.5.0.14', [2, 17]],
    ['x-1.0-1build-py3-none-linux_x86_64.whl', 'x', '1.0', [2, 0]],
  ] as const)('%s', (file, name, text, glibc) => {
    const wheel = parseWheelName(file);
    expect([wheel?.name, wheel?.version.text, wheel?.glibc]).toEqual([name, text, glibc]);
  });

  it.each([
    'onnxruntime_gpu-1.30.0-cp311-cp311-win_amd64.whl',
    'nvidia_cublas-13.0-py3-none-manylinux_2_27_aarch64.whl',
    'x-1.0-py3-none-any.whl',
    'x-1.0.tar.gz',
    'x-1.0-py3-none-musllinux_1_2_x86_64.whl',
    '../x-1.0-py3-none-linux_x86_64.whl',
  ])('%s is none for this platform', (file) => expect(parseWheelName(file)).toBeNull());
});
