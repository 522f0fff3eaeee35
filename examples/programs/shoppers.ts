// Customers: REQUESTS_PER_SECOND on the shop front, however fast or slow it answers, and exact books of what came of them.
import { callHttp, serveHttp } from './http.js';
import { numberSetting, textSetting } from './settings.js';
import { onStop } from './stop.js';
import { Tally } from './tally.js';

const web = textSetting('WEB_ADDR', '127.0.0.1:8080');
const perSecond = numberSetting('REQUESTS_PER_SECOND', 10);
/** 0: until the program is stopped. */
const total = numberSetting('REQUESTS', 0);
const reportMs = numberSetting('REPORT_MS', 10_000);
const timeoutMs = numberSetting('TIMEOUT_MS', 5_000);
const maxInFlight = numberSetting('MAX_IN_FLIGHT', 1_000);

interface Errand {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

const look: Errand = { method: 'GET', path: '/' };
const product = (name: string): Errand => ({ method: 'GET', path: `/products/${name}` });
const search: Errand = { method: 'GET', path: '/search?q=e' };
const order: Errand = { method: 'POST', path: '/orders', body: { item: 'tea', amount: 1, customer: 'ann' } };

/** What customers do, in turn. */
const errands = [
  look,
  product('tea'),
  order,
  look,
  product('milk'),
  search,
  look,
  product('bread'),
  order,
  look,
];

const tally = new Tally();
const startedMs = performance.now();
let due = 0;
let stopped = false;

// An open loop: what is due follows from the time alone. After a pause of the process, all that fell due goes out.
const pace = setInterval(() => {
  const wanted = Math.floor(((performance.now() - startedMs) / 1_000) * perSecond);
  while (due < wanted && !isDone()) {
    const errand = errands[due % errands.length] ?? look;
    due += 1;
    if (tally.inFlight >= maxInFlight) tally.withhold();
    else void run(errand);
  }
}, 5);

const report = setInterval(() => console.log(JSON.stringify(tally.stats())), reportMs);

serveHttp(numberSetting('PORT', 8090), () => ({ status: 200, body: tally.stats() }));

onStop(async () => {
  stopped = true;
  clearInterval(pace);
  clearInterval(report);
  while (tally.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(JSON.stringify(tally.stats()));
});

function isDone(): boolean {
  return stopped || (total > 0 && due >= total);
}

async function run({ method, path, body }: Errand): Promise<void> {
  const beganMs = performance.now();
  tally.begin();
  const { outcome, detail } = await outcomeOf(callHttp(web, path, { method, body, timeoutMs }));
  tally.end(outcome, performance.now() - beganMs);
  if (outcome === 'ok' || outcome === 'on purpose') return;
  const failure = { at: new Date().toISOString(), request: `${method} ${path}`, outcome, detail };
  tally.remember(failure);
  console.log(JSON.stringify(failure));
}

async function outcomeOf(
  call: ReturnType<typeof callHttp>,
): Promise<{ readonly outcome: string; readonly detail: string }> {
  try {
    const { status, headers, text } = await call;
    if (status < 400) return { outcome: 'ok', detail: '' };
    if (headers['on-purpose'] !== undefined) return { outcome: 'on purpose', detail: text };
    const proxyError = headers['l5d-proxy-error'];
    return { outcome: `status ${status}`, detail: `${String(proxyError ?? '')} ${text}`.trim() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    return { outcome: code === 'ABORT_ERR' ? 'no answer in time' : code, detail: String(error) };
  }
}
