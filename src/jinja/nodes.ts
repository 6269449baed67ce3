import type { Runtime } from './values.js';

/** Expressions. */
export type Expression =
  | { readonly kind: 'const'; readonly value: Runtime }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'attribute'; readonly owner: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly owner: Expression; readonly index: Expression }
  | {
      readonly kind: 'slice';
      readonly start: Expression | null;
      readonly stop: Expression | null;
      readonly step: Expression | null;
    }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: CallArguments }
  /** `operand` is null for the text of a `filter` or `set` block. */
  | { readonly kind: 'filter'; readonly operand: Expression | null; readonly name: string; readonly args: CallArguments }
  | { readonly kind: 'test'; readonly operand: Expression; readonly name: string; readonly args: CallArguments }
  | { readonly kind: 'not' | 'negative' | 'positive'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | { readonly kind: 'compare'; readonly first: Expression; readonly rest: readonly Comparison[] }
  | { readonly kind: 'if'; readonly test: Expression; readonly yes: Expression; readonly no: Expression | null };

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface Comparison {
  readonly operator: ComparisonOperator;
  readonly value: Expression;
}

export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  /** `*list` and `**dict`. */
  readonly rest: Expression | null;
  readonly namedRest: Expression | null;
}

/** What can stand left of `=` and behind `for`. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly owner: string; readonly name: string }
  | { readonly kind: 'tuple'; readonly items: readonly Target[] };

/** A macro's or call block's parameters. */
export interface Signature {
  readonly names: readonly string[];
  /** Values of the last parameters. */
  readonly defaults: readonly Expression[];
}

/** Statements and what stands between them. */
export type Statement =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'if'; readonly test: Expression; readonly yes: readonly Statement[]; readonly no: readonly Statement[] }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly items: Expression;
      readonly test: Expression | null;
      readonly recursive: boolean;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
  | { readonly kind: 'set block'; readonly target: Target; readonly filter: Expression | null; readonly body: readonly Statement[] }
  | { readonly kind: 'with'; readonly values: readonly (readonly [Target, Expression])[]; readonly body: readonly Statement[] }
  | { readonly kind: 'macro'; readonly name: string; readonly signature: Signature; readonly body: readonly Statement[] }
  | { readonly kind: 'call'; readonly call: Expression; readonly signature: Signature; readonly body: readonly Statement[] }
  | { readonly kind: 'filter'; readonly filter: Expression; readonly body: readonly Statement[] }
  | { readonly kind: 'generation'; readonly body: readonly Statement[] }
  | { readonly kind: 'break' | 'continue' };
