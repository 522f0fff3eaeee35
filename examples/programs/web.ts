// The shop front (HTTP/1.1): what customers see, made of what the catalog (HTTP/1.1) and the orders (gRPC) say.
import { type Answer, callHttp, serveHttp } from './http.js';
import { numberSetting, textSetting } from './settings.js';
import { clientOf, isOnPurpose } from './shop.js';

const catalog = textSetting('CATALOG_ADDR', '127.0.0.1:8081');
const orders = clientOf('OrderService', textSetting('ORDERS_ADDR', '127.0.0.1:7000'));

serveHttp(numberSetting('PORT', 8080), async ({ method, url, body }): Promise<Answer> => {
  const path = url.pathname;
  if (method === 'POST' && path === '/orders') return placeOrder(body);
  if (path === '/') return fromCatalog('/products');
  if (path.startsWith('/products/') || path === '/search') return fromCatalog(`${path}${url.search}`);
  return { status: 404, body: { try: ['GET /', 'GET /products/tea', 'GET /search?q=e', 'POST /orders'] } };
});

async function fromCatalog(path: string): Promise<Answer> {
  try {
    const { status, headers, text } = await callHttp(catalog, path);
    if (status >= 500) return failed('catalog', `${status} ${String(headers['l5d-proxy-error'] ?? text)}`);
    return { status, body: JSON.parse(text) };
  } catch (error) {
    return failed('catalog', String(error));
  }
}

async function placeOrder(body: string): Promise<Answer> {
  const order = orderOf(body);
  if (!order) return { status: 400, body: { try: { item: 'tea', amount: 1, customer: 'ann' } } };
  try {
    return { status: 201, body: await orders.Place(order) };
  } catch (error) {
    if (!isOnPurpose(error)) return failed('orders', String(error));
    return { status: 500, headers: { 'on-purpose': 'true' }, body: { error: String(error) } };
  }
}

function orderOf(body: string): { item: string; amount: number; customer: string } | undefined {
  try {
    const { item, amount, customer } = JSON.parse(body);
    return { item: String(item), amount: Number(amount), customer: String(customer) };
  } catch {
    return undefined;
  }
}

/** The back end is at fault, or the way there: nothing that this program could help. */
function failed(backend: string, reason: string): Answer {
  console.log(`${backend} failed: ${reason}`);
  return { status: 502, body: { error: `${backend}: ${reason}` } };
}
