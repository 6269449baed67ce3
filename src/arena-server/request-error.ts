/** What a participant's request may not do, as a word that the page has a sentence for. */
export const REFUSALS = {
  'bad-request': 400,
  'sign-in': 401,
  forbidden: 403,
  banned: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'vote-incomplete': 422,
  'empty-prompt': 422,
  'long-prompt': 422,
  'wrong-passphrase': 403,
  'wrong-password': 403,
  'wrong-invitation': 403,
  'consent-needed': 403,
  'slow-down': 429,
  'daily-limit': 429,
  'no-models': 503,
  storage: 503,
} as const;
export type Refusal = keyof typeof REFUSALS;

/** A request that is refused; `detail` is for programs, the page shows its own words. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  constructor(
    readonly refusal: Refusal,
    readonly detail = '',
    /** Seconds after which the same request may be tried again. */
    readonly retryAfter: number | null = null,
  ) {
    super(`${refusal}${detail === '' ? '' : `: ${detail}`}`);
  }
}
