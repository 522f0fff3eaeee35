import { setFlagsFromString } from 'node:v8';

/**
 * Has this process make every object in V8's young generation, whatever becomes of it. To be called before much has run.
 *
 * By default V8 watches what survives, by the place in the program where it was made, and makes what comes from a place whose
 * objects mostly do in the old generation at once, for good ("allocation site pretenuring"). A control plane teaches it the
 * wrong thing: of the first lists all survives, while in all the time after them each change makes what the next one
 * replaces. In the old generation that is only found by a full collection, and until then everything young that it refers to
 * survives with it: a change costs up to twice as much.
 */
export function keepToYoungGeneration(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
