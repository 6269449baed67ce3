import { at } from '../at.js';
import { equals } from './operators.js';
import { type Arguments, Callable, NativeFunction, orUndefined, type Runtime } from './values.js';
import { spend, TemplateError } from './work.js';

/**
 * The `loop` of a `for` statement: its items are taken one by one, as Jinja does, so that conditions and generators see what the body has done; only
 * `length`, `last` and their like look ahead.
 */
export class Loop extends Callable {
  readonly type = 'LoopContext';
  /** Items that have been looked at ahead, and how many of them the loop has come to since. */
  #ahead: Runtime[] = [];
  #taken = 0;
  #index0 = -1;
  #current: Runtime | undefined;
  #previous: Runtime | undefined;
  #changedAt: readonly Runtime[] | null = null;

  constructor(
    private readonly items: Iterator<Runtime>,
    private readonly depth0: number,
    private readonly strict: boolean,
    private readonly recurse: ((items: Runtime, depth0: number) => string) | null,
  ) {
    super();
  }

  /** Moves to the next item and returns it; undefined at the end. */
  next(): Runtime | undefined {
    spend(1);
    const item = this.#taken < this.#ahead.length ? at(this.#ahead, this.#taken++) : this.#pull();
    if (item === undefined) return undefined;
    this.#previous = this.#current;
    this.#current = item;
    this.#index0++;
    return item;
  }

  #pull(): Runtime | undefined {
    const { done, value } = this.items.next();
    return done === true ? undefined : value;
  }

  /** Whether there is one more item, which is then looked at. */
  #peek(): Runtime | undefined {
    if (this.#taken === this.#ahead.length) {
      const item = this.#pull();
      this.#ahead = item === undefined ? [] : [item];
      this.#taken = 0;
    }
    return this.#ahead[this.#taken];
  }

  #length(): number {
    for (let item = this.#pull(); item !== undefined; item = this.#pull()) {
      spend(1);
      this.#ahead.push(item);
    }
    return this.#index0 + 1 + this.#ahead.length - this.#taken;
  }

  override get size(): number {
    return this.#length();
  }

  override get printed(): string {
    return `<LoopContext ${this.#index0 + 1}/${this.#length()}>`;
  }

  override attribute(name: string): Runtime | undefined {
    switch (name) {
      case 'index':
        return this.#index0 + 1;
      case 'index0':
        return this.#index0;
      case 'revindex':
        return this.#length() - this.#index0;
      case 'revindex0':
        return this.#length() - this.#index0 - 1;
      case 'first':
        return this.#index0 === 0;
      case 'last':
        return this.#peek() === undefined;
      case 'length':
        return this.#length();
      case 'depth':
        return this.depth0 + 1;
      case 'depth0':
        return this.depth0;
      case 'previtem':
        return orUndefined(this.#previous, 'there is no previous item', this.strict);
      case 'nextitem':
        return orUndefined(this.#peek(), 'there is no next item', this.strict);
      case 'cycle':
        return new NativeFunction(name, (args) => this.#cycle(args));
      case 'changed':
        return new NativeFunction(name, (args) => this.#changed(args));
      default:
        return undefined;
    }
  }

  #cycle(args: Arguments): Runtime {
    if (args.positional.length === 0) throw new TemplateError('loop.cycle wants values');
    return at(args.positional, this.#index0 % args.positional.length);
  }

  #changed(args: Arguments): Runtime {
    const before = this.#changedAt;
    const now = args.positional;
    if (before !== null && before.length === now.length && before.every((item, i) => equals(item, at(now, i)))) return false;
    this.#changedAt = now;
    return true;
  }

  override call(args: Arguments): Runtime {
    const [items] = args.positional;
    if (this.recurse === null) throw new TemplateError("only a loop with 'recursive' can be called");
    if (items === undefined || args.positional.length > 1 || args.named.size > 0)
      throw new TemplateError('loop(...) wants what to loop over');
    return this.recurse(items, this.depth0 + 1);
  }
}
