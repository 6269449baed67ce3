/** The library's entry: the types of the contract, for programs that embed eus-eval. */
export * from './errors.js';
export type * from './types.js';
