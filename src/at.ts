/**
 * Returns the element of `list` at `index`, from 0. Throws `RangeError` where there is none: an index that is out of range is a fault of the program, and a value in its
 * place (0, an empty text) would hide it in a score. For what may be missing (a capture group, a count not yet begun), use `??` with the value that is meant.
 */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`index ${index} of a list of ${list.length}`);
  return element;
}
