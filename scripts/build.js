/**
 * Compiles `src/` to `dist/`, bundles the scripts of the pages of `view`, `leaderboard` and `arena serve`, stores the parsed task files and copies data files; npm runs it as `prepare`. Plain Node, so that it needs no Unix shell and nothing
 * that must be compiled first.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

rmSync(path.join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (status === 0) {
  await bundle();
  await storeTasks();
  copyData();
} else {
  process.stderr.write('the sources were not compiled; in a fresh clone, run "npm ci"\n');
  process.exitCode = 1;
}

/** One script a page for the browsers of the last years, as it stands in the page. */
async function bundle() {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: {
      'view/page-script': 'src/view/client/main.ts',
      'leaderboard/page-script': 'src/leaderboard/client/main.ts',
      'arena-server/arena-script': 'src/arena-server/page/arena.ts',
      'arena-server/moderator-script': 'src/arena-server/page/moderator.ts',
    },
    outdir: 'dist',
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minifyWhitespace: true,
    charset: 'utf8',
    logLevel: 'warning',
  });
}

/** The parsed task files, see `src/tasks/parsed-trees.ts`. */
async function storeTasks() {
  const { treesToStore } = await import('../dist/tasks/parsed-trees.js');
  const folder = path.join(root, 'tasks');
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.yaml'));
  const texts = new Map(files.sort().map((name) => [path.join(folder, name), readFileSync(path.join(folder, name), 'utf8')]));
  writeFileSync(path.join(root, 'dist/tasks/parsed-trees.json'), JSON.stringify(await treesToStore(texts)));
}

/** The data files that lie beside the modules that read them. */
function copyData() {
  for (const name of readdirSync(path.join(root, 'src'), { recursive: true }).filter((file) => file.endsWith('.json')))
    copyFileSync(path.join(root, 'src', name), path.join(root, 'dist', name));
}
