/** A page as one HTML document: style, script and data inside, nothing loaded from elsewhere. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { packagePath } from '../package-files.js';
import { escapeHtml } from './escape-html.js';

export interface PageParts {
  readonly language: string;
  readonly title: string;
  readonly style: string;
  readonly script: string;
  /** What the script finds as JSON in `#data`, made by `inScript`; null for a page that asks its server. */
  readonly data: string | null;
  /** HTML for browsers without JavaScript. */
  readonly noScript?: string;
}

export interface PageDocument {
  readonly html: string;
  /** Its content security policy. */
  readonly policy: string;
}

/**
 * Returns what the build made of the script of a page, `dist/<page>/page-script.js`. Throws `UserError` when the package was not built.
 */
export async function pageScript(page: 'leaderboard' | 'view'): Promise<string> {
  const file = packagePath(`dist/${page}/page-script.js`);
  return readFile(file, 'utf8').catch(() => {
    throw new UserError(`${file}: no such file; run "npm run build", or install eus-eval again`);
  });
}

/**
 * Returns a page whose script fills `#app`. Its policy allows its own script and style, by their digests, its own server where it has no data inside, and
 * nothing from elsewhere.
 */
export function pageDocument({ language, title, style, script, data, noScript }: PageParts): PageDocument {
  const policy = [
    "default-src 'none'",
    `script-src ${digest(script)}`,
    `style-src ${digest(style)}`,
    `connect-src ${data === null ? "'self'" : "'none'"}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const html = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="app"></div>
${noScript === undefined ? '' : `<noscript>\n${noScript}\n</noscript>\n`}${data === null ? '' : `<script type="application/json" id="data">${data}</script>\n`}<script>${script}</script>
</body>
</html>
`;
  return { html, policy };
}

/**
 * Returns JSON in which no text can end the script element or open a comment.
 */
export function inScript(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
