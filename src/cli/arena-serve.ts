/** `eus-eval arena serve`, `backup` and `export`: arguments and printing only. */
import type { Command } from 'commander';
import { UserError } from '../errors.js';
import { port } from './arguments.js';
import { note } from './print.js';

interface ServeFlags {
  port: number;
  host: string;
  database?: string;
  demo: boolean;
}

const PASSWORD = 'EUS_EVAL_ARENA_PASSWORD';
const SECRET = 'EUS_EVAL_ARENA_SECRET';

/**
 * Adds `serve`, `backup` and `export` to the `arena` command.
 */
export function addArenaServe(arena: Command): void {
  arena
    .command('serve')
    .description('run an arena: people compare the answers of two unnamed models and vote')
    .argument('[arena]', 'ARENA.yaml (docs/arena-serve.md)')
    .option('--port <n>', 'port; 0: a free one', port, 8080)
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--database <address>', 'file, or postgres://...; default: what ARENA.yaml says')
    .option('--demo', 'four made-up models and a database that is thrown away', false)
    .action(async (file: string | undefined, flags: ServeFlags) => {
      if (flags.demo === (file !== undefined)) throw new UserError('give ARENA.yaml, or --demo to try an arena with made-up models');
      const { runServe } = await import('../arena-server/run-serve.js');
      await runServe({
        file: file ?? null,
        port: flags.port,
        host: flags.host,
        database: flags.database ?? null,
        password: process.env[PASSWORD] ?? null,
        secret: process.env[SECRET] ?? null,
        note,
      });
    });
  arena
    .command('backup')
    .description("copy an arena's database, while it runs, into a new SQLite file (or an empty PostgreSQL database)")
    .argument('<database>', 'file, or postgres://...')
    .argument('<copy>', 'new file, or postgres://... of an empty database')
    .action(async (database: string, copy: string) => {
      const { backup } = await import('../arena-server/backup.js');
      const rows = await backup(database, copy);
      note(`${rows} rows copied`);
    });
  arena
    .command('export')
    .description("an arena's battles without personal data: CSV for arena fit, or JSON lines as the paper's battles were published")
    .argument('<database>', 'file, or postgres://...')
    .option('--format <format>', 'csv, or jsonl with the texts of those who allowed it', 'csv')
    .option('--system-prompt <text>', 'system prompt of the arena, for the conversations of jsonl', '')
    .action(async (database: string, flags: { format: string; systemPrompt: string }) => {
      if (flags.format !== 'csv' && flags.format !== 'jsonl') throw new UserError(`--format '${flags.format}'; valid: csv, jsonl`);
      const { exportBattles } = await import('../arena-server/export.js');
      await exportBattles(database, flags.format, flags.systemPrompt, process.env[SECRET] ?? null, process.stdout);
    });
}
