/** The benchmarks that stand for all 29 in timings, and how many documents each stands for. */

export interface Case {
  readonly name: string;
  readonly kind: string;
  readonly task: string;
  readonly data: 'datasets' | 'synthetic';
  readonly limit: number;
  /** Documents of the paper's benchmarks that are of this kind: the weight in the total. */
  readonly documents: number;
}

export const CASES: readonly Case[] = [
  { name: 'bbq', kind: 'constant shots', task: 'bbq_Sexual_orientation_ambig', data: 'datasets', limit: 48, documents: 43_240 + 31_372 },
  { name: 'belebele', kind: 'constant shots', task: 'belebele_eus_Latn', data: 'synthetic', limit: 24, documents: 2_700 },
  {
    name: 'eus_trivia',
    kind: 'random shots, a letter',
    task: 'eus_trivia',
    data: 'datasets',
    limit: 48,
    documents: 1_715 + 5_169 + 9_512 + 810,
  },
  {
    name: 'eus_exams',
    kind: 'random shots, a letter',
    task: 'eus_exams_eu_opeosakiadmineu',
    data: 'datasets',
    limit: 16,
    documents: 15_724,
  },
  { name: 'eus_reading', kind: 'long passages, a letter', task: 'eus_reading', data: 'synthetic', limit: 12, documents: 352 },
  { name: 'arc', kind: 'several-token choices', task: 'arc_easy', data: 'synthetic', limit: 24, documents: 7_096 },
  { name: 'piqa', kind: 'several-token choices', task: 'piqa', data: 'synthetic', limit: 24, documents: 3_674 },
  { name: 'xstorycloze', kind: 'several-token choices', task: 'xstorycloze_eu', data: 'synthetic', limit: 16, documents: 4_533 },
  { name: 'bl2mp', kind: 'several-token choices', task: 'bl2mp', data: 'synthetic', limit: 24, documents: 1_800 },
  { name: 'mgsm', kind: 'generation', task: 'mgsm_native_cot_en', data: 'datasets', limit: 6, documents: 750 },
];
