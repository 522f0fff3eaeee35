import type { Status } from '../store/status.js';

/** Something that a client sent and that can be used, or what to answer instead. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: Status };
