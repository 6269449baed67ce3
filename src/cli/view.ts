/** `eus-eval view`: arguments and printing only. */
import path from 'node:path';
import { UserError } from '../errors.js';
import type { FileProvider } from '../view/files.js';
import type { AddCommand } from './arguments.js';
import { list, port } from './arguments.js';

interface ViewFlags {
  tasks?: readonly string[];
  port: number;
  open: boolean;
  export?: string;
}

/**
 * Adds `view`.
 */
export const addView: AddCommand = (program) =>
  program
    .command('view')
    .description('read results document by document in the browser: prompts, choices, answers, two runs side by side')
    .argument('[dirs...]', 'folders of result files, searched recursively; those of the Python harness too (default: results)')
    .option('-t, --tasks <names>', 'only these benchmarks or tasks', list)
    .option('--port <n>', 'port on 127.0.0.1 (default: a free one)', port, 0)
    .option('--no-open', 'print the address only, open no browser')
    .option('--export <file>', 'write everything into one HTML file that needs no server, and stop')
    .action(async (dirs: readonly string[], flags: ViewFlags) => {
      if (flags.port > 65535) throw new UserError(`--port ${flags.port}: ports end at 65535`);
      const { findRuns } = await import('../view/catalog.js');
      const { makeFileProvider } = await import('../view/files.js');
      const runs = await findRuns(dirs.length === 0 ? ['results'] : dirs, flags.tasks ?? null);
      const provider = makeFileProvider(runs);
      try {
        if (flags.export === undefined) await serve(provider, flags);
        else {
          const { exportData } = await import('../view/export.js');
          const { viewPage } = await import('../view/page.js');
          const { html } = await viewPage(await exportData(provider));
          const { writeFiles } = await import('../leaderboard/write-files.js');
          await writeFiles(path.dirname(flags.export), new Map([[path.basename(flags.export), html]]));
          process.stderr.write(`written: ${flags.export}\n`);
        }
      } finally {
        await provider.close();
      }
    });

async function serve(provider: FileProvider, flags: ViewFlags): Promise<void> {
  const { makeSource } = await import('../view/engine.js');
  const { serveView } = await import('../view/serve.js');
  const { openInBrowser } = await import('../view/browser.js');
  const server = await serveView(makeSource(provider), flags.port);
  process.stdout.write(`${server.url}\n`);
  process.stderr.write('Ctrl-C ends it\n');
  if (flags.open && !openInBrowser(server.urlForOnce())) process.stderr.write('no browser could be opened; open the address above\n');
  const stop = new AbortController();
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    void provider.indexAll(stop.signal);
  });
  stop.abort();
  await server.close();
}
