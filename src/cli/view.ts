/** `eus-eval view`: arguments and printing only. */
import { type AddCommand, list, port } from './arguments.js';
import { note, print } from './print.js';

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
      const { exportView, openView } = await import('../library/view.js');
      const from = dirs.length === 0 ? ['results'] : dirs;
      if (flags.export !== undefined) {
        await exportView(from, flags.tasks ?? null, flags.export);
        return note(`written: ${flags.export}`);
      }
      const view = await openView(from, flags.tasks ?? null, flags.port);
      print(view.url);
      note('Ctrl-C ends it');
      const failed = (): void => note('no browser could be opened; open the address above');
      if (flags.open && !view.show(failed)) failed();
      await new Promise<void>((resolve) => {
        process.once('SIGINT', resolve);
        process.once('SIGTERM', resolve);
      });
      await view.close();
    });
