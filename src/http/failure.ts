import { messageOf, systemCode } from '../errors.js';
import { type ProxyServer, placeOf } from './proxy.js';
import { quoted } from './redact.js';

/** A request that got no answer: in one clear line why. */
export class TransportError extends Error {
  override readonly name: string = 'TransportError';
  constructor(
    message: string,
    /** The system's or undici's code, or empty. */
    readonly code: string,
    /** True where the request can have reached the server, which may have worked on it. */
    readonly sent: boolean,
    /** True for what waiting seldom mends: no such host, nothing listens, a certificate that is not trusted. */
    readonly lasting: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ISSUER/;
const NO_TLS = /^EPROTO$|SSL|ERR_TLS/;
/** Node's words for a server that hangs up on the TLS greeting; the code is that of any cut connection. */
const HUNG_UP_ON_TLS = /before secure TLS connection was established/;
const UNSENT = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
]);

/**
 * Returns what a thrown error of a request to `url` means; a `TransportError` as it is.
 */
export function transportError(
  error: unknown,
  url: string | null,
  proxy: ProxyServer | null,
  secrets: readonly string[] = [],
): TransportError {
  const own = find(error, (e) => e instanceof TransportError);
  if (own instanceof TransportError) return own;
  const coded = find(error, (e) => systemCode(e) !== null) ?? error;
  const code = systemCode(coded) ?? '';
  const root = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const text = quoted(messageOf(root) || messageOf(error), secrets);
  const host = url !== null && URL.canParse(url) ? new URL(url).host : 'the server';
  const tunnel = /Proxy response \((\d+)\)/.exec(text)?.[1];
  const noTls = NO_TLS.test(code) || HUNG_UP_ON_TLS.test(text);
  const lasting = tunnel !== undefined || CERTIFICATE.test(code) || noTls || UNSENT.has(code);
  const reason =
    tunnel === undefined
      ? reasonOf(code, text, noTls, proxy === null ? host : `the proxy ${placeOf(proxy)}`)
      : `the proxy answers ${tunnel}`;
  const through = proxy === null ? '' : `, through the proxy ${placeOf(proxy)} of ${proxy.variable}`;
  return new TransportError(`the connection failed${through} (${reason})`, code, !lasting, lasting, { cause: error });
}

/** What failed, in words where the code has some. */
function reasonOf(code: string, text: string, noTls: boolean, place: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `${code}: no such host is known: ${place}`;
  if (code === 'ECONNREFUSED') return `${code}: nothing listens at ${place}`;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return `no connection to ${place} within ${CONNECT_MS / 1000} s`;
  if (CERTIFICATE.test(code))
    return `${code}: the certificate is not trusted; NODE_EXTRA_CA_CERTS must name the file of the authority that signed it`;
  if (noTls) return `${code}: ${place} speaks no TLS that is understood; http:// instead of https://?`;
  return code !== '' && !text.includes(code) ? `${code}: ${text}` : text;
}

/** Milliseconds for a connection to be made. */
export const CONNECT_MS = 8_000;

/** The first of an error and its causes that fits. */
export function find(error: unknown, fits: (error: unknown) => boolean): unknown {
  let at = error;
  for (let depth = 0; depth < 6 && at !== undefined && at !== null; depth++) {
    if (fits(at)) return at;
    at = at instanceof Error ? at.cause : undefined;
  }
  return undefined;
}
