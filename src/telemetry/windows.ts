import { addTo, type FrameEntry, type Growth, GrowthFrame } from './growth.js';

/** How long frames are, the young first, and how many of each are kept before six are made one of the next. */
const grains = [
  { ms: 5_000, keep: 14 },
  { ms: 30_000, keep: 22 },
  { ms: 180_000, keep: 21 },
] as const;

const together = 6;

/** The longest window. */
export const maxWindowMs = 3_600_000;

/** How long what has grown may be asked for: the longest window, and the length of the frames that it begins in. */
export const retentionMs = maxWindowMs + 2 * grains[2].ms;

export interface WindowsOptions {
  readonly nowMs: () => number;
  /** How much frames may take. Beyond it frames are made coarser, and then the eldest go. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** What a window covers. */
export interface Coverage {
  /** Where it begins: an edge of frames. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * By how much numbers grew in the last hour, in frames of time which are longer the older they are. What falls into a frame
 * is told with the whole frame, so windows begin at the edge that is nearest to where they should; counts are exact.
 *
 * Time goes by whoever calls `turn`; that is due every 5 s.
 */
export class Windows {
  readonly #nowMs: () => number;
  readonly #maxBytes: number;
  /** By grain; of each the eldest first. */
  readonly #frames: GrowthFrame[][] = grains.map(() => []);
  /** What is known to have grown before it was told of, in frames of their own. */
  #late: GrowthFrame[] = [];
  #current: GrowthFrame;
  /** What is left to do of the last turn. Between its slices all that is remembered can be asked for. */
  #coarsening: Generator<void, void> | undefined;

  constructor({ nowMs, maxBytes = 67_108_864 }: WindowsOptions) {
    this.#nowMs = nowMs;
    this.#maxBytes = maxBytes;
    this.#current = new GrowthFrame(nowMs(), Number.POSITIVE_INFINITY);
  }

  get byteLength(): number {
    return this.#all().reduce((sum, frame) => sum + frame.byteLength, 0);
  }

  /** Adds what grew since the last turn, and begins a new frame. Frames are merged by `coarsen`, before the next turn at the latest. */
  turn(grown: Iterable<readonly [subject: number, growth: Growth]>): void {
    const nowMs = this.#nowMs();
    while (this.coarsen());
    const frame = this.#current;
    for (const [subject, growth] of grown) frame.add(subject, growth);
    frame.endMs = nowMs;
    frame.trim();
    this.#frames[0]?.push(frame);
    this.#current = new GrowthFrame(nowMs, Number.POSITIVE_INFINITY);
    this.#coarsening = this.#coarsen(nowMs);
  }

  /** Goes on with merging frames for a slice of work; whether there is more to do. */
  coarsen(): boolean {
    return this.#coarsening?.next().done === false;
  }

  /** Adds what grew at about some time in the past; what is older than what is remembered is left out. */
  addLate(subject: number, growth: Growth, atMs: number): void {
    const nowMs = this.#nowMs();
    if (atMs < nowMs - retentionMs) return;
    if (atMs >= this.#current.startMs) {
      this.#current.add(subject, growth);
      return;
    }
    const { ms } = grains[0];
    const startMs = Math.floor(atMs / ms) * ms;
    let frame = this.#late.find((one) => one.startMs === startMs);
    if (frame === undefined) {
      frame = new GrowthFrame(startMs, startMs + ms);
      this.#late.push(frame);
    }
    frame.add(subject, growth);
  }

  /** Where a window of this length, that ends now, begins. */
  cover(windowMs: number): Coverage {
    const toMs = this.#nowMs();
    const wantedMs = toMs - windowMs;
    let fromMs = this.#current.startMs;
    for (const { startMs } of this.#frames.flat()) {
      if (Math.abs(startMs - wantedMs) < Math.abs(fromMs - wantedMs)) fromMs = startMs;
    }
    // Growth that is known of from before this process has no edge here but its own time.
    if (this.#late.some(({ startMs }) => startMs < fromMs && startMs >= wantedMs)) fromMs = wantedMs;
    return { fromMs: fromMs === toMs ? wantedMs : fromMs, toMs };
  }

  /** What has grown in a window, but for what hasn't been turned in; a subject may come several times. */
  each(coverage: Coverage, visit: (entry: FrameEntry) => void): void {
    for (const frame of this.frames(coverage)) frame.each(visit);
  }

  /**
   * The frames of a window, for who doesn't go through all of them in one turn of the event loop. The first one is still
   * being added to, by `turn` among others; it has to be read at once.
   */
  frames({ fromMs }: Coverage): readonly GrowthFrame[] {
    return this.#all().filter(({ startMs }) => startMs >= fromMs);
  }

  #all(): GrowthFrame[] {
    return [this.#current, ...this.#frames.toReversed().flat(), ...this.#late];
  }

  *#coarsen(nowMs: number): Generator<void, void> {
    for (const [grain, { keep }] of grains.entries()) {
      const [frames, coarser] = [this.#frames[grain], this.#frames[grain + 1]];
      if (frames === undefined) continue;
      const isTight = this.byteLength > this.#maxBytes;
      const enough = isTight ? 1 : keep;
      if (coarser === undefined) continue;
      while (frames.length >= enough + together) {
        const merged = yield* merge(frames.slice(0, together));
        frames.splice(0, together);
        coarser.push(merged);
      }
    }
    const eldest = this.#frames.at(-1) ?? [];
    while (isOver(eldest[0], nowMs) || (eldest.length > 1 && this.byteLength > this.#maxBytes))
      eldest.shift();
    this.#late = this.#late.filter((frame) => !isOver(frame, nowMs));
    while (this.#late.length > 0 && this.byteLength > this.#maxBytes) this.#late.shift();
  }
}

function isOver(frame: GrowthFrame | undefined, nowMs: number): boolean {
  return frame !== undefined && frame.endMs < nowMs - retentionMs;
}

/** How many entries are merged in a slice of work: few enough for a small part of a turn. */
const entriesPerSlice = 1_000;

/** One frame of several that follow on each other; each subject has one entry in it. */
function* merge(frames: readonly GrowthFrame[]): Generator<void, GrowthFrame> {
  const sums = new Map<number, Growth>();
  let entries = 0;
  for (const frame of frames) {
    for (const { subject, growth, length } of frame) {
      let sum = sums.get(subject);
      if (sum === undefined || sum.length < length) {
        const wider = new Float64Array(length);
        if (sum !== undefined) wider.set(sum);
        sum = wider;
        sums.set(subject, sum);
      }
      addTo(sum, growth, length);
      if (++entries % entriesPerSlice === 0) yield;
    }
  }
  const merged = new GrowthFrame(frames[0]?.startMs ?? 0, frames.at(-1)?.endMs ?? 0);
  for (const [subject, growth] of sums) {
    merged.add(subject, growth);
    if (++entries % entriesPerSlice === 0) yield;
  }
  merged.trim();
  return merged;
}
