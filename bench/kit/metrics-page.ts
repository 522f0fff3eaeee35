/** The value of one series of a /metrics page; labels in the order in which they are printed. Throws where it isn't there. */
export async function readMetric(admin: string, series: string): Promise<number> {
  const page = await (await fetch(`http://${admin}/metrics`)).text();
  const line = page.split('\n').find((each) => each.startsWith(`${series} `));
  if (line === undefined) throw new Error(`no ${series} in /metrics`);
  return Number(line.slice(series.length + 1));
}
