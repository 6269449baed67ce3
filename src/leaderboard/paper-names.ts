/** Names of the paper's models: folder of result files, name in the benchmark tables, name in the arena. Used where no names file is given. */
import type { ModelNames } from './names.js';

const INSTRUCT = 'HiTZ__Latxa-Llama-3.1-8B-Instruct__exp_';

const VARIANTS: readonly (readonly [string, string])[] = [
  ['0_010', 'EN + I EU'],
  ['0_011', 'EN + I EN+EU'],
  ['0_101', 'EN + C EU I EN'],
  ['0_110', 'EN + C EU I EU'],
  ['0_111', 'EN + C EU I EN+EU'],
  ['1_001', 'EU + I EN'],
  ['1_010', 'EU + I EU'],
  ['1_011', 'EU + I EN+EU'],
  ['1_101', 'EU + C EU I EN'],
  ['1_110', 'EU + C EU I EU'],
  ['1_111', 'EU + C EU I EN+EU'],
];
const INSTRUCTED: readonly (readonly [string, string])[] = [
  ['2_010', 'I EU'],
  ['2_011', 'I EN+EU'],
  ['2_100', 'C EU'],
  ['2_101', 'C EU I EN'],
  ['2_110', 'C EU I EU'],
  ['2_111', 'C EU I EN+EU'],
];

/** One line a model, as a names file would have them. */
export const PAPER_NAMES: readonly ModelNames[] = [
  ...VARIANTS.map(([code, rest]) => ({ folder: INSTRUCT + code, tableName: `Base ${rest}`, arenaName: `BAS ${rest.replace(' +', '')}` })),
  ...INSTRUCTED.map(([code, rest]) => ({ folder: INSTRUCT + code, tableName: `Instruct EN + ${rest}`, arenaName: `INS EN ${rest}` })),
  { folder: 'meta-llama__Llama-3.1-8B-Instruct', tableName: 'Instruct EN', arenaName: 'INS EN' },
  { folder: 'HiTZ__Latxa-Llama-3.1-70B-Instruct', tableName: 'Instruct EN,70B + C EU I EN', arenaName: 'INS EN,70B C EU I EN' },
  { folder: 'claude-3-5-sonnet-20241022', tableName: '3.5 Sonnet', arenaName: 'Claude 3.5 Sonnet' },
  { folder: 'gpt-4o-2024-11-20', tableName: 'GPT-4o', arenaName: 'GPT-4o' },
  { folder: 'meta-llama__Llama-3.1-70B-Instruct', tableName: 'Instruct EN,70B', arenaName: null },
  { folder: 'meta-llama__Llama-3.1-8B', tableName: 'Base EN', arenaName: null },
  { folder: 'HiTZ__Latxa-Llama-3.1-8B', tableName: 'Base EU', arenaName: null },
];
