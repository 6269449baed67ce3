/**
 * How `view` bears a large run: 128,447 documents of made-up prompts with five examples, four choices each.
 *
 *     npx vite-node benchmarks/view-size.ts [FOLDER] [full|compact]
 *
 * Prints the time from the start of the command to the first documents on the screen, frames per second while the list is scrolled, the time until all is indexed, and the
 * largest memory of the server. Needs a build and a Chromium (CHROMIUM names one).
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { packagePath } from '../src/package-files.js';
import { openSampleFile } from '../src/results/sample-file.js';
import { type SamplesForm, sampleFileName } from '../src/results/sample-name.js';

const DOCUMENTS = 128_447;
const TASKS = ['eus_trivia', 'eus_proficiency', 'eus_reading', 'belebele_eus_Latn', 'mmlu_eu', 'arc_eu_easy', 'piqa_eu', 'xstorycloze_eu'];
const TIME = '2026-01-01T00-00-00.000000';
const WORDS = 'etxea mendia itsasoa haurra irakaslea liburua eskola herria dantza musika ardoa gazta basoa ibaia kalea eguzkia'.split(' ');

const folder = process.argv[2] ?? '/tmp/view-size';
const form: SamplesForm = process.argv[3] === 'compact' ? 'compact' : 'full';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const words = (seed: number, count: number): string =>
  Array.from({ length: count }, (_, i) => WORDS[(seed * 7 + i * i * 3 + i) % WORDS.length]).join(' ');

async function makeRun(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const results: Record<string, unknown> = {};
  const counts: Record<string, unknown> = {};
  for (const [t, task] of TASKS.entries()) {
    const n = Math.floor(DOCUMENTS / TASKS.length) + (t < DOCUMENTS % TASKS.length ? 1 : 0);
    const file = openSampleFile(path.join(dir, `${task}.part`), form);
    for (let i = 0; i < n; i++) {
      const question = `${i}. ${words(i, 14)}?`;
      const shots = Array.from({ length: 5 }, (_, s) => `Galdera: ${words(i + s, 40)}?\nErantzuna: A\n\n`).join('');
      const prompt = `${shots}Galdera: ${question}\nErantzuna:`;
      const scores = [0, 1, 2, 3].map((c) => -((((i * 31 + c * 17) % 97) + 1) / 10));
      const pairs = scores.map((x) => [String(x), 'False']);
      const picked = scores.indexOf(Math.max(...scores));
      const line = {
        doc_id: i,
        doc: { question, category: WORDS[i % 5], candidates: [0, 1, 2, 3].map((c) => words(i + c, 4)), answer: 0 },
        target: '0',
        arguments: Object.fromEntries(['A', 'B', 'C', 'D'].map((letter, c) => [`gen_args_${c}`, { arg_0: prompt, arg_1: ` ${letter}` }])),
        resps: pairs.map((pair) => [pair]),
        filtered_resps: pairs,
        filter: 'none',
        metrics: ['acc'],
        doc_hash: sha(`${task} ${i}`),
        prompt_hash: sha(prompt),
        target_hash: sha('0'),
        acc: picked === 0 ? 1 : 0,
      };
      await file.add(i, JSON.stringify(line));
    }
    await file.seal();
    await file.publish(path.join(dir, sampleFileName(task, TIME, form)));
    results[task] = { alias: task, 'acc,none': 0.25, 'acc_stderr,none': 0.01 };
    counts[task] = { original: n, effective: n };
  }
  const content = {
    results,
    'n-samples': counts,
    config: { model: 'hf', model_args: 'pretrained=large' },
    date: 1_767_225_600,
    model_name: 'large',
    model_source: 'hf',
  };
  writeFileSync(path.join(dir, `results_${TIME}.json`), JSON.stringify(content));
}

/** Largest resident memory of a process so far, in MB (Linux). */
function peakMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

const dir = path.join(folder, form, 'large');
if (!existsSync(path.join(dir, `results_${TIME}.json`))) await makeRun(dir);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
const begun = performance.now();
const server = spawn(process.execPath, [packagePath('bin/eus-eval.js'), 'view', path.join(folder, form), '--no-open'], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
try {
  const url = await new Promise<string>((resolve) => server.stdout.once('data', (data: Buffer) => resolve(String(data).trim())));
  const printed = performance.now();
  await page.goto(`${url}#lang=en`);
  await page.locator('.line .marks').first().waitFor({ state: 'attached' });
  const opened = performance.now();
  // While the samples are still being indexed in the background.
  const frames: number[] = await page.evaluate(`new Promise((resolve) => {
    const list = document.querySelector('.scroll');
    const times = [];
    let last = performance.now();
    const step = (now) => {
      times.push(now - last);
      last = now;
      list.scrollTop += 260;
      if (times.length < 400) requestAnimationFrame(step);
      else resolve(times.slice(1));
    };
    requestAnimationFrame(step);
  })`);
  await page.locator('#status', { hasNotText: 'Reading' }).waitFor({ timeout: 120_000 });
  const indexed = performance.now();
  const jump = performance.now();
  await page.evaluate(`document.querySelector('.scroll').scrollTop = 3_000_000`);
  await page.locator(`#line-${Math.ceil(3_000_000 / 44) + 2} .marks`).waitFor();
  const jumped = performance.now() - jump;
  const searched = performance.now();
  await page.locator('#search').fill('15999.');
  await page.locator('#status', { hasText: /^8 documents/ }).waitFor({ timeout: 60_000 });
  const found = performance.now() - searched;
  const sorted = [...frames].sort((a, b) => a - b);
  const mean = frames.reduce((sum, x) => sum + x, 0) / frames.length;
  const line = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(44)} ${value}\n`);
  line(`${DOCUMENTS} documents, ${form}`, '');
  line('command to address', `${((printed - begun) / 1000).toFixed(2)} s`);
  line('command to first documents on the screen', `${((opened - begun) / 1000).toFixed(2)} s`);
  line(
    'frames per second while scrolling',
    `${(1000 / mean).toFixed(0)} (slowest of 100: ${sorted[Math.floor(0.99 * sorted.length)]?.toFixed(0)} ms)`,
  );
  line('jump into the middle', `${jumped.toFixed(0)} ms`);
  line('everything indexed after', `${((indexed - begun) / 1000).toFixed(1)} s`);
  line('search through all texts', `${(found / 1000).toFixed(1)} s`);
  line('largest memory of the server', `${peakMemory(server.pid ?? 0).toFixed(0)} MB`);
} finally {
  server.kill('SIGINT');
  await browser.close();
}
