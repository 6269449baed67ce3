import type { Evaluate, Scope } from './scope.js';
import { type Arguments, Callable, Dict, orUndefined, type Runtime, Tuple, Undefined } from './values.js';
import { nested, spend, TemplateError } from './work.js';

/** What a macro or call block is made of. */
export interface MacroParts {
  readonly name: string | null;
  readonly parameters: readonly string[];
  /** Values of the last parameters. */
  readonly defaults: readonly Evaluate[];
  readonly body: (scope: Scope) => string;
  /** Which of the names for further arguments the body uses. */
  readonly uses: ReadonlySet<string>;
  /** Nodes of the body, and how deep they nest. */
  readonly cost: number;
  readonly depth: number;
}

/** A macro, or the `caller` of a call block. */
export class Macro extends Callable {
  readonly type = 'Macro';

  constructor(
    private readonly parts: MacroParts,
    /** Where the macro stands: its body sees the names there. */
    private readonly home: Scope,
  ) {
    super();
  }

  override get printed(): string {
    return this.parts.name === null ? '<Macro anonymous>' : `<Macro '${this.parts.name}'>`;
  }

  override attribute(name: string): Runtime | undefined {
    const { parameters, uses } = this.parts;
    switch (name) {
      case 'name':
        return this.parts.name;
      case 'arguments':
        return new Tuple(parameters);
      case 'catch_kwargs':
        return uses.has('kwargs');
      case 'catch_varargs':
        return uses.has('varargs');
      case 'caller':
        return uses.has('caller');
      default:
        return undefined;
    }
  }

  override call(args: Arguments): Runtime {
    const { parameters, defaults, body, uses, cost, depth } = this.parts;
    spend(cost);
    const scope = this.home.inner();
    const named = new Map(args.named);
    const name = this.parts.name ?? 'caller';
    for (const [i, parameter] of parameters.entries()) {
      const byPlace = args.positional[i];
      const byName = named.get(parameter);
      if (byPlace !== undefined && byName !== undefined) throw new TemplateError(`macro '${name}' got two values for '${parameter}'`);
      const value = byPlace === undefined ? byName : byPlace;
      if (value === undefined) continue;
      scope.set(parameter, value);
      named.delete(parameter);
    }
    this.#setRest(scope, args.positional.slice(parameters.length), named, uses, name);
    const first = parameters.length - defaults.length;
    parameters.forEach((parameter, i) => {
      if (args.positional[i] !== undefined || args.named.has(parameter)) return;
      const fallback = defaults[i - first];
      const { strict } = scope.context.environment;
      scope.set(parameter, fallback === undefined ? new Undefined(`parameter '${parameter}' was not provided`, strict) : fallback(scope));
    });
    return nested(depth, () => body(scope));
  }

  #setRest(scope: Scope, more: readonly Runtime[], named: Map<string, Runtime>, uses: ReadonlySet<string>, name: string): void {
    if (uses.has('caller') && !this.parts.parameters.includes('caller')) {
      scope.set('caller', orUndefined(named.get('caller'), 'No caller defined', scope.context.environment.strict));
      named.delete('caller');
    }
    if (uses.has('kwargs')) scope.set('kwargs', new Dict(named));
    else if (named.has('caller')) throw new TemplateError(`macro '${name}' was called by a call block but does not use 'caller'`);
    else if (named.size > 0) throw new TemplateError(`macro '${name}' has no argument '${[...named.keys()].join(', ')}'`);
    if (uses.has('varargs')) scope.set('varargs', new Tuple(more));
    else if (more.length > 0) throw new TemplateError(`macro '${name}' takes at most ${this.parts.parameters.length} arguments`);
  }
}
