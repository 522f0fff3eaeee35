declare const promQl: unique symbol;

/** An expression of Prometheus's query language (https://prometheus.io/docs/prometheus/latest/querying/basics/). */
export type PromQl = string & { readonly [promQl]: true };

/** What a label of a series must be; a label that isn't there is empty. */
export type LabelMatcher =
  | { readonly kind: 'is'; readonly label: string; readonly value: string }
  | { readonly kind: 'is-not'; readonly label: string; readonly value: string }
  | { readonly kind: 'one-of'; readonly label: string; readonly values: readonly string[] };

/** The series of a metric that all matchers hold of. */
export function series(metric: string, matchers: readonly LabelMatcher[]): PromQl {
  return `${checked(metric, metricName)}{${matchers.map(matcherText).join(',')}}` as PromQl;
}

/** By how much each of the series that `of` selects grew in the last milliseconds. */
export function increase(of: PromQl, windowMs: number): PromQl {
  return `increase(${of}[${range(windowMs)}])` as PromQl;
}

/** Of each of the series that `of` selects, how many samples there are of the last milliseconds. */
export function countOverTime(of: PromQl, windowMs: number): PromQl {
  return `count_over_time(${of}[${range(windowMs)}])` as PromQl;
}

/** What any of the expressions gives: none is to give what another one does. */
export function union(expressions: readonly PromQl[]): PromQl {
  return expressions.join(' or ') as PromQl;
}

export function sumBy(labels: readonly string[], of: PromQl): PromQl {
  return `sum by (${labels.map((label) => checked(label, labelName)).join(',')}) (${of})` as PromQl;
}

export function max(of: PromQl): PromQl {
  return `max(${of})` as PromQl;
}

/** A quantile of histograms, whose buckets have the label `le`. */
export function histogramQuantile(q: number, of: PromQl): PromQl {
  return `histogram_quantile(${q},${of})` as PromQl;
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function checked(name: string, pattern: RegExp): string {
  if (!pattern.test(name)) throw new Error(`${JSON.stringify(name)} is no name of Prometheus's`);
  return name;
}

function range(windowMs: number): string {
  if (!Number.isInteger(windowMs) || windowMs <= 0) throw new Error(`no range of time: ${windowMs} ms`);
  return `${windowMs}ms`;
}

function matcherText(matcher: LabelMatcher): string {
  const label = checked(matcher.label, labelName);
  switch (matcher.kind) {
    case 'is':
      return `${label}=${quoted(matcher.value)}`;
    case 'is-not':
      return `${label}!=${quoted(matcher.value)}`;
    case 'one-of':
      return `${label}=~${quoted(matcher.values.map(literal).join('|'))}`;
  }
}

/** A string as PromQL has it, which is as Go has it. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** A regular expression (RE2) that nothing but the text matches. */
function literal(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}
