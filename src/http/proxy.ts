import { isIP } from 'node:net';
import { UserError } from '../errors.js';

/** A proxy, and the environment variable that names it. */
export interface ProxyServer {
  /** With the name and password of the variable; never shown. */
  readonly url: URL;
  readonly variable: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns the proxy for an address, or null for a direct connection, as curl and Python read the environment: `http_proxy` and `HTTP_PROXY` for http,
 * `https_proxy` and `HTTPS_PROXY` for https, then `all_proxy` and `ALL_PROXY`, small letters first; a proxy without a scheme speaks HTTP; `no_proxy` and
 * `NO_PROXY` name exceptions. This machine itself (localhost, 127.0.0.0/8, ::1) is never reached through a proxy.
 *
 * Throws `UserError`, which names the variable and shows nothing of it, for a SOCKS proxy and for what is no address.
 */
export function proxyFor(target: URL, env: Env): ProxyServer | null {
  const host = hostOf(target);
  if (isLoopback(host) || isExempt(host, portOf(target), env.no_proxy ?? env.NO_PROXY ?? '')) return null;
  const scheme = target.protocol === 'https:' ? 'https' : 'http';
  for (const name of [`${scheme}_proxy`, 'all_proxy']) {
    const variable = env[name] === undefined ? name.toUpperCase() : name;
    const text = (env[variable] ?? '').trim();
    if (text !== '') return { url: parse(text, variable), variable };
    // A variable that is set and empty says "none".
    if (env[variable] !== undefined) return null;
  }
  return null;
}

/** The proxy's place without its login, for messages. */
export function placeOf(proxy: ProxyServer): string {
  return proxy.url.host;
}

function parse(text: string, variable: string): URL {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (/^socks/i.test(written))
    throw new UserError(`${variable} names a SOCKS proxy, which is not supported; valid: http://HOST:PORT, or the server in NO_PROXY`);
  const url = URL.canParse(written) ? new URL(written) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '' || !canDecode(url.username + url.password))
    throw new UserError(`${variable} names no usable proxy; valid: HOST:PORT, http://HOST:PORT or http://USER:PASSWORD@HOST:PORT`);
  return url;
}

function canDecode(text: string): boolean {
  try {
    return decodeURIComponent(text) !== null;
  } catch {
    return false;
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function portOf(url: URL): string {
  return url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
}

/** True for an address of this machine itself. */
function isLoopback(host: string): boolean {
  return /^(.*\.)?localhost$/i.test(host) || /^127\./.test(host) || host === '::1' || /^::ffff:(127\.|7f)/i.test(host);
}

/** True for this machine and for addresses that only a private network knows. */
export function isPrivateHost(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '');
  const networks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fe80::/10'];
  return isLoopback(plain) || networks.some((network) => isInNetwork(plain, network)) || (isIP(plain) === 0 && !plain.includes('.'));
}

/** Entries are separated by commas or blanks: `*`, a name and all below it (with or without a dot), an address, a network such as 10.0.0.0/8; each with `:PORT` at will. */
function isExempt(host: string, port: string, list: string): boolean {
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '' || entry === '*') return entry === '*';
    if (entry.includes('/')) return isInNetwork(host, entry);
    const [, name = '', wantedPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
    if (wantedPort !== undefined && wantedPort !== port) return false;
    const wanted = name.toLowerCase().replace(/^\*?\./, '');
    return wanted !== '' && (host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`)));
  });
}

function isInNetwork(host: string, network: string): boolean {
  const [base = '', length = ''] = network.replace(/[[\]]/g, '').split('/');
  const kind = isIP(host);
  if (kind === 0 || kind !== isIP(base) || !/^\d{1,3}$/.test(length)) return false;
  const width = kind === 4 ? 32 : 128;
  if (Number(length) > width) return false;
  const shift = BigInt(width - Number(length));
  return bitsOf(host, kind) >> shift === bitsOf(base, kind) >> shift;
}

/** An IP address as a number. */
function bitsOf(address: string, kind: number): bigint {
  if (kind === 4) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  // The URL parser writes IPv6 without an IPv4 part.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
