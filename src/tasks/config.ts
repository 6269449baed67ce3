/** What stands in a task file, before anything of it is checked. */

/** Where a task file names Python code; refused once it is known that nothing overrides it. */
export class FunctionReference {
  constructor(readonly name: string) {}
}

export type Config = Readonly<Record<string, unknown>>;
