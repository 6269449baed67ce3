/**
 * Makes docs/view.png: two made-up models on the made-up documents of the package. Needs a Chromium (CHROMIUM names one) and a build.
 *
 *     node scripts/view-picture.js
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const command = path.join(root, 'bin', 'eus-eval.js');
/** The server, once there is one. */
let server;
const folder = mkdtempSync(path.join(tmpdir(), 'view-picture-'));

try {
  for (const [seed, name] of [
    ['3', 'base'],
    ['8', 'instruct'],
  ]) {
    const args = ['run', '--model', `fake:${seed}`, '--name', name, '--data', path.join(root, 'fixtures/data'), '--out', folder, '--quiet'];
    spawnSync(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  server = spawn(process.execPath, [command, 'view', folder, '--no-open'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve) => server.stdout.once('data', (data) => resolve(String(data).trim())));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 860 }, deviceScaleFactor: 1 });
  await page.goto(`${url}#run=base&with=instruct&lang=eu&show=lost&scope=benchmark:eus_trivia`);
  await page.locator('.chip .figures').first().waitFor();
  await page.locator('.line', { hasText: 'eus_trivia' }).nth(2).click();
  await page.locator('.choice').first().waitFor();
  await page.waitForTimeout(500);
  await page.screenshot({ path: path.join(root, 'docs', 'view.png') });
  await browser.close();
} finally {
  server?.kill('SIGINT');
  rmSync(folder, { recursive: true, force: true });
}
