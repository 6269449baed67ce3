/** The page as one HTML document: style and script inside, nothing loaded from elsewhere. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { packagePath } from '../package-files.js';
import { STYLE } from './style.js';

/** What the build makes of `src/view/client/`. */
const SCRIPT_FILE = 'dist/view/page-script.js';

export interface ViewPage {
  readonly html: string;
  /** Its content security policy. */
  readonly policy: string;
}

/**
 * Returns the page. `data` is the JSON of an exported page (see `exportData`), or null for a page that asks its server. The policy allows the page's
 * own script and style, by their digests, and its own server.
 */
export async function viewPage(data: string | null): Promise<ViewPage> {
  const script = await readFile(packagePath(SCRIPT_FILE), 'utf8').catch(() => {
    throw new UserError(`${packagePath(SCRIPT_FILE)}: no such file; run "npm run build", or install eus-eval again`);
  });
  const policy = [
    "default-src 'none'",
    `script-src ${digest(script)}`,
    `style-src ${digest(STYLE)}`,
    `connect-src ${data === null ? "'self'" : "'none'"}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const embedded = data === null ? '' : `<script type="application/json" id="data">${data}</script>\n`;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>eus-eval view</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<div id="app"></div>
${embedded}<script>${script}</script>
</body>
</html>
`;
  return { html, policy };
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
