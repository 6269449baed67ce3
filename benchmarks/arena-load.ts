/**
 * An arena under load: npx vite-node benchmarks/arena-load.ts sqlite|postgres [PARTICIPANTS] [SECONDS] [KILLS] [PAUSE_MS]
 * Voters of known preference (each pauses PAUSE_MS on average before the vote and before the next prompt: 25 s is about one battle a minute and participant; they
 * arrive within ten seconds and read the whole stream; in runs with kills the answers come within half a second) against `arena serve` (two processes on PostgreSQL) and made-up models; the servers are killed with SIGKILL in between. Prints times,
 * memory, and whether every confirmed vote is stored once.
 */
import { loadavg } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openDatabase } from '../src/arena-server/open-database.js';
import { tallyLines, vote } from '../src/arena-server/run-simulate.js';
import { DEMO_MODELS, startStubModels } from '../src/arena-server/stub-models.js';
import { freshFolder } from '../test/arena-server/arena-client.js';
import { type Cluster, startCluster } from '../test/arena-server/postgres.js';
import { type ServerProcess, startServer } from '../test/arena-server/server-process.js';

const [kind = 'sqlite', participants = '500', seconds = '180', kills = '0', pause = '25000'] = process.argv.slice(2);
const folder = freshFolder();
const cluster: Cluster | null = kind === 'postgres' ? await startCluster() : null;
const database = cluster === null ? path.join(folder, 'arena.db') : await cluster.fresh();
// Between two kills of a run of 50 lie three seconds, half of them for starting: with answers at a reader's pace no battle would ever reach its vote.
const quick = Number(kills) > 0;
const stubs = await startStubModels(DEMO_MODELS, { milliseconds: quick ? 200 : 1000, words: 60 });
const arena = {
  models: stubs.models,
  ...(quick ? { pace: { characters_per_second: 2000, lead_seconds: 0 } } : {}),
  limits: {
    prompts_per_minute: 1000,
    prompts_per_day: 100_000,
    registrations_per_address_per_day: 100_000,
    requests_per_address_per_minute: 1_000_000,
  },
};
const servers: ServerProcess[] = [];
for (let i = 0; i < (cluster === null ? 1 : 2); i++)
  servers.push(
    await startServer(
      folder,
      arena,
      database,
      `arena${i}`,
      (process.env.SERVER_NODE ?? '').split(' ').filter((o) => o !== ''),
    ),
  );
const began = Date.now();
const started = { cpu: process.cpuUsage(), servers: servers.map((s) => s.cpu()) };
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const voting = vote(
  servers.map((s) => s.url),
  { participants: Number(participants), seconds: Number(seconds), pauseMs: Number(pause), seed: 1, patienceMs: 60_000 },
);
let over = false;
const watching = await openDatabase(database);
/** Votes in the database at each kill. */
const atKill: number[] = [0];
const killing = (async () => {
  // The first ten seconds are for arriving.
  const every = Number(kills) === 0 ? 0 : ((Number(seconds) - 10) * 1000) / Number(kills);
  for (let i = 0; i < Number(kills) && !over; i++) {
    const at = began + 10_000 + i * every;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now())));
    const [row] = await watching.all('select count(*) as n from votes');
    atKill.push(Number(row?.n));
    await servers[i % servers.length]?.killAndStart();
  }
})();
const tally = await voting;
over = true;
await killing;
await watching.close();
const used = process.cpuUsage(started.cpu);
const lasted = (Date.now() - began) / 1000;
const cpu = servers.map((s, i) => s.cpu() - (started.servers[i] ?? 0));
const asked = [...tally.times.values()].reduce((n, times) => n + times.length, 0);
process.stdout.write(
  `${asked} page requests and ${tally.prompts} streams in ${lasted.toFixed(0)} s; processor time: server(s) ${cpu.map((s) => s.toFixed(1)).join(', ')} s` +
    `${Number(kills) === 0 ? ` (${((1000 * cpu.reduce((a, b) => a + b, 0)) / Math.max(1, tally.votes.size)).toFixed(0)} ms a vote)` : ' since the last start'}, ` +
    `voters and models ${((used.user + used.system) / 1e6).toFixed(1)} s; their event loop late by ${(delay.percentile(50) / 1e6 - 5).toFixed(0)} ms in the middle, ` +
    `${(delay.percentile(95) / 1e6 - 5).toFixed(0)} ms at 95 %, ${(delay.max / 1e6 - 5).toFixed(0)} ms at most; load of the machine ${loadavg()[0]?.toFixed(1)}\n`,
);
const memory = servers.map((s) => s.memory());
for (const server of servers) await server.stop();
await stubs.close();
const db = await openDatabase(database);
const rows = await db.all('select battle, content, language from votes');
const stored = new Map(rows.map((r) => [r.battle, `${r.content} ${r.language}`]));
const lost = [...tally.votes].filter(([battle, v]) => stored.get(battle) !== `${v.content} ${v.language}`).length;
const [open] = await db.all(
  "select count(*) as n from (select participant from battles where state = 'open' group by participant having count(*) > 1) x",
);
process.stdout.write(
  `${kind}, ${servers.length} server process(es), ${participants} participants, ${seconds} s, ${kills} kills\n${tallyLines(tally).join('\n')}\n` +
    `stored votes: ${rows.length}, battles voted on: ${stored.size}, confirmed but lost or changed: ${lost}, stored without a confirmation: ${rows.length - tally.votes.size + lost}, participants with two open battles: ${open?.n}\n` +
    `memory of a server at its highest: ${memory.map((m) => m.toFixed(0)).join(', ')} MB\n`,
);
if (atKill.length > 1) {
  const between = atKill.slice(1).map((n, i) => n - (atKill[i] ?? 0));
  const sorted = [...between].sort((a, b) => a - b);
  process.stdout.write(
    `votes that reached the database before each of ${between.length} kills: ${between.join(' ')} (${sorted[0]} to ${sorted.at(-1)}, ${sorted[sorted.length >> 1]} in the middle), ` +
      `${rows.length - (atKill.at(-1) ?? 0)} after the last\n`,
  );
}
await db.close();
cluster?.stop();
const notes = servers
  .flatMap((s) => s.log)
  .join('')
  .split('\n')
  .filter((l) => l !== '' && !/^(arena of|moderator|stopping)/.test(l));
if (notes.length > 0) process.stdout.write(`notes of the servers: ${notes.length}, such as: ${notes.slice(0, 4).join('; ')}\n`);
process.exit(0);
