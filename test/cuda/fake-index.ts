import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { crc32, deflateRawSync } from 'node:zlib';

/** One file of a zip; `claimedSize` is a lie about its unpacked size. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly claimedSize?: number;
}

/** Returns the bytes of a zip, every entry deflated (APPNOTE 4.3, without extensions). */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, claimedSize } of entries) {
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claimedSize ?? content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0003', 'latin1'), common, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

/** A wheel with libraries and METADATA. */
export function makeWheel(
  name: string,
  version: string,
  requires: readonly string[],
  libraries: Readonly<Record<string, Uint8Array>>,
): Buffer {
  const metadata = [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    ...requires.map((line) => `Requires-Dist: ${line}`),
    '',
    '',
  ];
  return makeZip([
    ...Object.entries(libraries).map(([file, content]) => ({ name: file, content })),
    { name: `${name}-${version}.dist-info/METADATA`, content: Buffer.from(metadata.join('\n')) },
  ]);
}

export interface IndexFile {
  readonly name: string;
  readonly content: Buffer;
  readonly sha256?: string | null;
}

/** What goes wrong, once each, with the next whole-file request (or its rest) for `file`. */
export interface IndexFault {
  readonly file: string;
  readonly kind: 'cut' | 'corrupt';
  readonly bytes: number;
  /** For `cut`: the connection ends when this is true, so that the bytes before have surely arrived. */
  readonly until?: () => boolean;
}

export interface FakeIndex {
  readonly url: string;
  /** Package -> files. */
  readonly packages: Map<string, IndexFile[]>;
  readonly faults: IndexFault[];
  readonly seen: { readonly path: string; readonly range: string | undefined; readonly authorization: string | undefined }[];
  /** What the server can do. */
  readonly manners: { html: boolean; ranges: boolean };
  close(): Promise<void>;
}

/** Starts an index of Python packages on this machine: PEP 691 (or PEP 503 with `manners.html`), files with ranges, faults on demand. */
export async function startIndex(packages: Readonly<Record<string, IndexFile[]>>): Promise<FakeIndex> {
  const server = createServer((request, response) => answer(index, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const index: FakeIndex = {
    url: `http://127.0.0.1:${port}/simple`,
    packages: new Map(Object.entries(packages)),
    faults: [],
    seen: [],
    manners: { html: false, ranges: true },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return index;
}

function answer(index: FakeIndex, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  index.seen.push({ path, range: request.headers.range, authorization: request.headers.authorization });
  const name = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
  const files = name === undefined ? undefined : index.packages.get(name);
  const file = [...index.packages.values()].flat().find((one) => path === `/files/${one.name}`);
  if (files !== undefined) list(index, files, response);
  else if (file !== undefined) send(index, file, request, response);
  else response.writeHead(404).end();
}

function list(index: FakeIndex, files: readonly IndexFile[], response: ServerResponse): void {
  const sha = (file: IndexFile): string | null =>
    file.sha256 === undefined ? createHash('sha256').update(file.content).digest('hex') : file.sha256;
  if (index.manners.html) {
    const links = files.map((file) => `<a href="../../files/${file.name}#sha256=${sha(file)}">${file.name}</a>`);
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<html><body>${links.join('<br>\n')}</body></html>`);
    return;
  }
  const body = {
    meta: { 'api-version': '1.1' },
    files: files.map((file) => ({
      filename: file.name,
      url: `../../files/${file.name}`,
      hashes: sha(file) === null ? {} : { sha256: sha(file) },
      size: file.content.length,
    })),
  };
  response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' }).end(JSON.stringify(body));
}

function send(index: FakeIndex, file: IndexFile, request: IncomingMessage, response: ServerResponse): void {
  const size = file.content.length;
  const match = index.manners.ranges ? /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') : null;
  let [start, end] = [0, size];
  if (match !== null) {
    if (match[1] === '') start = Math.max(0, size - Number(match[2]));
    else {
      start = Number(match[1]);
      end = match[2] === '' ? size : Math.min(size, Number(match[2]) + 1);
    }
    response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${size}`, 'content-length': end - start });
  } else response.writeHead(200, { 'content-length': size });
  let content = file.content.subarray(start, end);
  const whole = match === null || (match[1] !== '' && match[2] === '');
  const at = whole ? index.faults.findIndex((fault) => fault.file === file.name) : -1;
  const fault = at < 0 ? undefined : index.faults.splice(at, 1)[0];
  if (fault?.kind === 'cut') {
    const end = (): void => void (fault.until?.() === false ? setImmediate(end) : response.destroy());
    response.write(content.subarray(0, fault.bytes), end);
    return;
  }
  if (fault?.kind === 'corrupt') {
    content = Buffer.from(content);
    content[fault.bytes] = (content[fault.bytes] ?? 0) ^ 0xff;
  }
  response.end(content);
}
