import { readFileSync } from 'node:fs';

/** Answers of Python itself; made by make-cases.py. Large integers are only inside texts, so JSON.parse reads all of it exactly. */
export interface Cases {
  readonly random: readonly {
    readonly seed: number;
    readonly skip?: number;
    readonly bits: readonly number[];
    readonly samples: readonly (readonly [number, number, readonly number[]])[];
    readonly below: readonly (readonly [number, number])[];
  }[];
  readonly json: readonly {
    readonly text: string;
    readonly error?: true;
    readonly line?: string;
    readonly indented?: string;
    readonly str?: string;
    readonly repr?: string;
  }[];
  readonly floats: readonly (readonly [string, string])[];
  readonly strip: readonly (readonly [string, string, string, string, boolean, number, readonly string[]])[];
  readonly repr: readonly (readonly [string, string])[];
  readonly literals: readonly (readonly [string, string | null])[];
  readonly equal: readonly (readonly [string, string, boolean])[];
  readonly templates: readonly (readonly [string, string | null])[];
}

/** The file as text: the document of the templates holds numbers that only parseJson reads exactly. */
export const casesText: string = readFileSync(new URL('./cases.json', import.meta.url), 'utf8');

export const cases: Cases = JSON.parse(casesText);
