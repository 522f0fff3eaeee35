// What is on the shelves (HTTP/1.1). Searching is slow, on purpose.
import { setTimeout } from 'node:timers/promises';
import { type Answer, serveHttp } from './http.js';
import { numberSetting, textSetting } from './settings.js';
import { clientOf } from './shop.js';

const stock = clientOf('StockService', textSetting('STOCK_ADDR', '127.0.0.1:7100'));
const searchMs = numberSetting('SEARCH_MS', 400);

/** Cents by product. */
const prices = new Map([
  ['apples', 45],
  ['bread', 320],
  ['cheese', 1_290],
  ['milk', 145],
  ['tea', 510],
]);

serveHttp(numberSetting('PORT', 8081), async ({ method, url, body }): Promise<Answer> => {
  const [, first, name = '', field] = url.pathname.split('/');
  if (first === 'search') return search(url.searchParams.get('q') ?? '');
  if (first !== 'products') {
    return { status: 404, body: { try: ['/products', '/products/tea', '/search?q=e'] } };
  }
  if (name === '') return { status: 200, body: Object.fromEntries(prices) };
  const price = prices.get(name);
  if (price === undefined) return { status: 404, body: { error: `there is no ${name}` } };
  if (method === 'PUT' && field === 'price') return changePrice(name, Number(body));
  const { left } = await stock.Count({ item: name });
  return { status: 200, body: { name, price, left } };
});

async function search(text: string): Promise<Answer> {
  await setTimeout(searchMs);
  return { status: 200, body: [...prices.keys()].filter((name) => name.includes(text)) };
}

/** In this pod alone: the others have prices of their own. */
function changePrice(name: string, price: number): Answer {
  if (!(Number.isInteger(price) && price > 0)) return { status: 400, body: { error: 'a price is in cents' } };
  prices.set(name, price);
  return { status: 200, body: { name, price } };
}
