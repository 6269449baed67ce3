/** Compiles `src/` to `dist/`; npm runs it as `prepare`. Plain Node, so that it needs no Unix shell and nothing that must be compiled first. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

rmSync(path.join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (status !== 0) {
  process.stderr.write('the sources were not compiled; in a fresh clone, run "npm ci"\n');
  process.exitCode = 1;
}
