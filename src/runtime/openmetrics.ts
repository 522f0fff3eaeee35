/**
 * The text that prom-client makes of a registry, as OpenMetrics (https://prometheus.io/docs/specs/om/open_metrics_spec/),
 * with the mark of the end: families of counters are named without the `_total` of their samples, and no line is empty.
 *
 * prom-client's own OpenMetrics renames the counters of the registry for good, so that whoever prefers the classic text gets
 * other names after the first who doesn't.
 */
export function toOpenMetrics(text: string): string {
  const counters = new Set([...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name));
  const lines = text.replaceAll(
    /^# (HELP|TYPE) (\S+)(.*)$/gm,
    (line, keyword: string, name: string, rest: string) => {
      if (!counters.has(name)) return line;
      if (name.endsWith('_total')) return `# ${keyword} ${name.slice(0, -'_total'.length)}${rest}`;
      // The format knows no counter whose samples aren't named so.
      return keyword === 'TYPE' ? `# TYPE ${name} unknown` : line;
    },
  );
  return `${lines.replaceAll(/^\n/gm, '')}# EOF\n`;
}
