/** What may be shown of a text that came over the network, or of an address that somebody typed. */

/** Characters of a server's words in a message. */
const MOST = 300;

/**
 * Returns the text without secrets: the given ones, each line of them, and whatever looks like a key.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    for (const part of [secret, ...secret.split(/\s+/)]) if (part.length >= 4) clean = clean.replaceAll(part, '[key]');
  }
  return clean.replace(/\b(sk|pk|hf|gsk|AIza)[-_]?[A-Za-z0-9][A-Za-z0-9_*.-]{10,}/g, '[key]').replace(/Bearer\s+\S+/gi, 'Bearer [key]');
}

/**
 * Returns a stranger's text for a message: without secrets, on one line, at most 300 characters. Secrets go first, since a change of white space or a
 * cut would make them unrecognisable.
 */
export function quoted(text: string, secrets: readonly string[]): string {
  return redact(text, secrets).replace(/\s+/g, ' ').trim().slice(0, MOST);
}

/**
 * Returns an address, or what was meant as one, without the name and password that may stand before its last `@`, and without what follows a `?`.
 */
export function withoutLogin(address: string): string {
  const at = address.lastIndexOf('@');
  return (at === -1 ? address : `...${address.slice(at)}`).replace(/\?.*$/s, '?...');
}
