/** Error rates of the fair-play heuristics on simulated voters: npx vite-node benchmarks/arena-fair-play.ts [VOTERS]. Prints the table of docs/arena-serve.md. */
import { FLAG_KINDS, type FlagKind, flagsOf } from '../src/arena-server/fair-play.js';
import { Chance, SENDERS, STRENGTHS, type VoterKind, votesOf } from '../test/arena-server/voters.js';

const [voters = '1000'] = process.argv.slice(2);
const SIZES = [10, 20, 30, 60, 150];
const KINDS: readonly (readonly [VoterKind, FlagKind])[] = [
  ['hasty', 'too-fast'],
  ['left', 'one-side'],
  ['same', 'same-answer'],
  ['repeats', 'repeated-prompts'],
  ['empty', 'empty-prompts'],
  ['script', 'shared-prompts'],
  ['pushes', 'one-model'],
  ['random', 'random'],
];

function rates(kind: VoterKind, votes: number): Map<string, number> {
  const chance = new Chance(votes * 31 + kind.length);
  const counts = new Map<string, number>(['any', ...FLAG_KINDS].map((k) => [k, 0]));
  for (let i = 0; i < Number(voters); i++) {
    const flags = flagsOf('p', votesOf(kind, votes, chance), STRENGTHS, SENDERS);
    for (const key of new Set([...flags.map((f) => f.kind), ...(flags.length > 0 ? ['any'] : [])]))
      counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

const percent = (n: number | undefined): string => `${((100 * (n ?? 0)) / Number(voters)).toFixed(1)} %`;
const honest = SIZES.map((n) => rates('honest', n));
process.stdout.write(`| flag | ${SIZES.map((n) => `${n} votes`).join(' | ')} |\n| --- | ${SIZES.map(() => '---').join(' | ')} |\n`);
process.stdout.write(`| honest voters with any flag | ${honest.map((c) => percent(c.get('any'))).join(' | ')} |\n`);
for (const [kind, flag] of KINDS)
  process.stdout.write(`| \`${flag}\`, of those who do it | ${SIZES.map((n) => percent(rates(kind, n).get(flag))).join(' | ')} |\n`);
