/** What participants may say about themselves: ranges, so that nobody is recognised by them. */

/** Level of Basque in steps of the Common European Framework. */
export const LEVELS = ['A1-A2', 'B1-B2', 'C1-C2', 'native'] as const;
export const EDUCATIONS = ['primary', 'secondary', 'vocational', 'bachelor', 'master', 'doctorate'] as const;
export const AGES = ['under-25', '25-39', '40-54', '55-69', '70-over'] as const;
