import { tokenize } from '@huggingface/jinja';
import { UserError } from '../errors.js';

/** Brackets inside brackets, statements inside statements, and `elif` of one template. */
const MAX_NESTING = 100;
const MAX_ELIF = 300;
/** Tokens of one expression between commas: an operator's operands nest, `a + b + c` as deep as it is long. */
const MAX_TOKENS = 1000;
/** The library looks at each run of white space once for each of its characters. */
const LONG_SPACE = /\s{1000}/;

const OPEN = new Set(['OpenParen', 'OpenSquareBracket', 'OpenCurlyBracket']);
const CLOSE = new Set(['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket']);
const BLOCKS = new Set(['if', 'for', 'set', 'macro', 'call', 'filter']);

export type TemplateToken = ReturnType<typeof tokenize>[number];

/**
 * Returns the tokens of a template whose nesting is bounded: parser and interpreter call themselves for each level, and what uses up the stack may
 * end the whole process. Throws `UserError` for a template that nests too deeply, and the library's error for one that is broken.
 */
export function tokenizeBounded(source: string, options: Parameters<typeof tokenize>[1]): TemplateToken[] {
  if (LONG_SPACE.test(source)) throw new UserError('1000 white spaces in a row');
  const tokens = tokenize(source, options);
  // Tokens since the last comma, for each open bracket.
  let counts = [0];
  let total = 0;
  let blocks = 0;
  let elifs = 0;
  for (const [i, { type }] of tokens.entries()) {
    if (type === 'OpenStatement' || type === 'OpenExpression') {
      [counts, total] = [[0], 0];
      const word = type === 'OpenStatement' ? tokens[i + 1]?.value : undefined;
      if (word !== undefined && BLOCKS.has(word)) blocks++;
      else if (word?.startsWith('end')) blocks = Math.max(0, blocks - 1);
      else if (word === 'elif' && ++elifs > MAX_ELIF) throw new UserError(`more than ${MAX_ELIF} elif`);
      // A `set` without body has no end; its block is taken back where its statement closes.
      if (word === 'set' && isAssignment(tokens, i)) blocks--;
      if (blocks > MAX_NESTING) throw new UserError(`statements nested deeper than ${MAX_NESTING}`);
    } else if (OPEN.has(type)) counts.push(0);
    else if (CLOSE.has(type)) total -= counts.length > 1 ? (counts.pop() ?? 0) : 0;
    else if (type === 'Comma') {
      total -= counts.at(-1) ?? 0;
      counts[counts.length - 1] = 0;
    }
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
    total++;
    if (counts.length > MAX_NESTING) throw new UserError(`brackets nested deeper than ${MAX_NESTING}`);
    if (total > MAX_TOKENS) throw new UserError(`an expression of more than ${MAX_TOKENS} tokens`);
  }
  return tokens;
}

/** Whether a `set` statement that opens at `at` has its value behind `=`. */
function isAssignment(tokens: readonly TemplateToken[], at: number): boolean {
  for (let i = at + 1; i < tokens.length && tokens[i]?.type !== 'CloseStatement'; i++) if (tokens[i]?.type === 'Equals') return true;
  return false;
}
