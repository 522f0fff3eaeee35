/** A `Time` or `MicroTime` of Kubernetes: RFC 3339 with any fraction of a second. */
const rfc3339 = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Whole milliseconds since the epoch; undefined where `text` is no RFC 3339 timestamp. */
export function parseTimestampMs(text: string): number | undefined {
  const ms = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
