/** What a trial session is asked for and says; `backends/onnx/probe.ts` runs one. */

export interface ProbeRequest {
  readonly provider: 'cpu' | 'cuda' | 'webgpu';
  readonly deviceId: number;
  readonly libraries: readonly string[];
  /** The numbers go through float16 before they are multiplied: fails on a device that has none. */
  readonly throughFloat16?: boolean | undefined;
}

export interface ProbeReply {
  readonly error: string | null;
  /** ONNX Runtime's library that was used; null where the system does not say. */
  readonly runtime: string | null;
  readonly seconds: number;
}

/** Opens a tiny session in a process of its own and checks what it computes. */
export type Probe = (request: ProbeRequest) => Promise<ProbeReply>;
