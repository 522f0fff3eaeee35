/** What can be wrong with one line of a watch. */
export type LineFault =
  /** It never comes. */
  | 'drop'
  /** It comes as text that is no JSON. */
  | 'garble'
  /** It comes in two TCP writes. */
  | 'split'
  /** Half of it comes, and then the end of the stream. */
  | 'truncate';

/** Faults that wait for the next line with an object, on whatever watch of the type it goes out. */
export class LineFaults {
  readonly #waiting: { readonly fault: LineFault; readonly plural: string | undefined }[] = [];

  /** `plural` undefined: a line of any type. */
  add(fault: LineFault, plural: string | undefined): void {
    this.#waiting.push({ fault, plural });
  }

  /** The fault for a line of a watch of `plural`, used up by this. */
  take(plural: string): LineFault | undefined {
    const index = this.#waiting.findIndex((one) => one.plural === undefined || one.plural === plural);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]?.fault;
  }
}
