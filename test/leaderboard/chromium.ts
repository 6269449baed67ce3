import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium on this machine (`CHROMIUM` names one), or null. */
export const CHROMIUM: string | null = candidates.find((file) => file !== undefined && file !== '' && existsSync(file)) ?? null;

if (CHROMIUM === null) console.log('skipped: tests of the page in a browser (no Chromium; apt-get install chromium, or set CHROMIUM)');

/** Starts Chromium with an empty profile and without its calls home. */
export function openBrowser(): Promise<BrowserContext> {
  return chromium.launchPersistentContext(mkdtempSync(path.join(tmpdir(), 'chromium-')), {
    executablePath: CHROMIUM ?? '',
    headless: true,
    viewport: { width: 1400, height: 900 },
    colorScheme: 'light',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
