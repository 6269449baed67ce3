/** Secrets that participants hold, and what of them is stored. */
import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';

const CONSONANTS = 'bdfgklmnprstxz';
const VOWELS = 'aeiou';
/** Fourteen consonants and five vowels, twice a word: 12.26 bits each, 85.8 bits in all. */
const PASSPHRASE_WORDS = 7;

/** Returns a random name that cannot be guessed (128 bits): for battles, participants, processes. */
export function randomId(): string {
  return randomBytes(16).toString('base64url');
}

/** Returns a random token of 256 bits. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Returns a passphrase of 85 bits in made-up words that can be read out and typed: `kelu-mota-...`.
 */
export function makePassphrase(): string {
  const letter = (from: string): string => from.charAt(randomInt(from.length));
  const word = (): string => letter(CONSONANTS) + letter(VOWELS) + letter(CONSONANTS) + letter(VOWELS);
  return Array.from({ length: PASSPHRASE_WORDS }, word).join('-');
}

/**
 * Returns what is stored of a passphrase or token. Case, blanks and hyphens of a passphrase do not matter. Without salt and slow hashing, which guard what people
 * choose: this has 85 bits or more of chance.
 */
export function digest(secret: string): string {
  return createHash('sha256')
    .update(secret.toLowerCase().replace(/[^a-z0-9_]/g, ''))
    .digest('base64url');
}

/** Returns what is stored of a token, in which every character counts. */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/**
 * Returns the keyed hash of a text (HMAC-SHA-256, 128 bits) for one purpose; whoever has the database but not the secret learns nothing from it.
 */
export function keyedHash(secret: string, purpose: string, text: string): string {
  return createHmac('sha256', secret).update(`${purpose}\n${text}`).digest().subarray(0, 16).toString('base64url');
}

/**
 * Returns the keyed hash of a network address. Of IPv6 the first 64 bits count: a household has all the rest.
 */
export function addressHash(secret: string, address: string): string {
  const plain = address.replace(/^::ffff:/i, '');
  return keyedHash(secret, 'address', isIPv6(plain) ? network64(plain) : plain);
}

function network64(address: string): string {
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const groups = address.includes('::')
    ? [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
    : left;
  return groups
    .slice(0, 4)
    .map((g) => g.replace(/^0+(?=.)/, ''))
    .join(':');
}

/** Compares two texts in a time that says nothing about where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const [x, y] = [createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest()];
  return timingSafeEqual(x, y);
}
