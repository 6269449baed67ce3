/**
 * A float with an integral value, as Python's `3.0`: a JavaScript number could not tell it from the integer 3, and the
 * fingerprint of a document depends on the difference. Floats with a fraction are plain numbers.
 */
export class PyFloat {
  constructor(readonly value: number) {}
  valueOf(): number {
    return this.value;
  }
}
