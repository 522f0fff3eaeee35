import { ReportResponse } from '../gen/conduit/telemetry/v1/telemetry.js';
import { toDuration } from '../wire/duration.js';
import { type Framed, frameInPlace, prefixBytes } from './framed.js';

/** What a proxy is told of a report. */
export interface ReportAnswer {
  /** Of the last report that was applied; 0 where none was as yet. A safe integer. */
  readonly sequence: number;
  /** How long to wait until the next report. */
  readonly intervalMs: number;
  readonly resendAll: boolean;
}

/** A tag and a number of up to 53 bits. */
const maxSequenceBytes = 9;

/**
 * Encodes answers to reports. All but the sequence is the same in nearly every one, and is encoded once: what the generated
 * code makes on its way costs as much as applying a small report.
 */
export class ReportAnswers {
  #rest: { readonly intervalMs: number; readonly resendAll: boolean; readonly bytes: Uint8Array } | undefined;

  encode({ sequence, intervalMs, resendAll }: ReportAnswer): Framed {
    const rest = this.#restOf(intervalMs, resendAll);
    // From Node's pool: it is gone as soon as it is written.
    const buffer = Buffer.allocUnsafe(prefixBytes + maxSequenceBytes + rest.byteLength);
    let end = prefixBytes;
    if (sequence > 0) {
      buffer[end++] = sequenceTag;
      let left = sequence;
      for (; left >= 0x80; left = Math.floor(left / 0x80)) buffer[end++] = (left % 0x80) | 0x80;
      buffer[end++] = left;
    }
    buffer.set(rest, end);
    return frameInPlace(buffer.subarray(0, end + rest.byteLength));
  }

  #restOf(intervalMs: number, resendAll: boolean): Uint8Array {
    const known = this.#rest;
    if (known?.intervalMs === intervalMs && known.resendAll === resendAll) return known.bytes;
    const interval = toDuration(intervalMs);
    const bytes = ReportResponse.encode({ sequence: 0n, interval, resendAll }).finish();
    this.#rest = { intervalMs, resendAll, bytes };
    return bytes;
  }
}

/** Of field 1, a varint; fields go in the order of their numbers. */
const sequenceTag = 0x08;
