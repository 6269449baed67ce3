/** Written by scripts/lock-cuda.js; not to be edited. The wheels whose libraries CUDA needs, as they lie on PyPI. */
import type { WheelsLock } from './locked-wheel.js';

export const CUDA_WHEELS: WheelsLock = {
  onnxruntime: '1.30.0',
  glibc: [2, 28],
  wheels: [
    {
      name: 'onnxruntime-gpu',
      version: '1.30.0',
      file: 'onnxruntime_gpu-1.30.0-cp311-cp311-manylinux_2_28_x86_64.whl',
      size: 246_658_419,
      sha256: '4fbf0c5d7b5fb99266c2e8a802e3e64af68bdc383e0f3c7349b985f1087eedaa',
      unpackedBytes: 301_127_512,
    },
    {
      name: 'nvidia-cublas',
      version: '13.10.0.20',
      file: 'nvidia_cublas-13.10.0.20-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl',
      size: 444_289_903,
      sha256: 'dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84',
      unpackedBytes: 609_684_976,
    },
    {
      name: 'nvidia-cuda-nvrtc',
      version: '13.5.37',
      file: 'nvidia_cuda_nvrtc-13.5.37-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      size: 58_185_930,
      sha256: '86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc',
      unpackedBytes: 148_431_960,
    },
    {
      name: 'nvidia-cuda-runtime',
      version: '13.5.37',
      file: 'nvidia_cuda_runtime-13.5.37-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      size: 2_504_024,
      sha256: 'df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d',
      unpackedBytes: 806_720,
    },
    {
      name: 'nvidia-cudnn-cu13',
      version: '9.28.1.4',
      file: 'nvidia_cudnn_cu13-9.28.1.4-py3-none-manylinux_2_27_x86_64.whl',
      size: 516_817_937,
      sha256: 'a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec',
      unpackedBytes: 940_113_128,
    },
    {
      name: 'nvidia-cufft',
      version: '12.5.0.14',
      file: 'nvidia_cufft-12.5.0.14-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      size: 165_072_555,
      sha256: 'b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad',
      unpackedBytes: 239_085_344,
    },
    {
      name: 'nvidia-curand',
      version: '10.4.5.25',
      file: 'nvidia_curand-10.4.5.25-py3-none-manylinux_2_27_x86_64.whl',
      size: 77_113_015,
      sha256: '22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529',
      unpackedBytes: 104_860_296,
    },
    {
      name: 'nvidia-nvjitlink',
      version: '13.5.37',
      file: 'nvidia_nvjitlink-13.5.37-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      size: 46_642_491,
      sha256: '280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb',
      unpackedBytes: 117_247_464,
    },
  ],
};
