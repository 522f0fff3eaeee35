// What is on the shelves (HTTP/1.1). Searching is slow, on purpose.
import { setTimeout } from 'node:timers/promises';
import { type Answer, serveHttp } from './http.js';
import { numberSetting, textSetting } from './settings.js';
import { clientOf } from './shop.js';

const stock = clientOf('StockService', textSetting('STOCK_ADDR', '127.0.0.1:7100'));
const searchMs = numberSetting('SEARCH_MS', 400);

/** Cents by item. */
const prices: Readonly<Record<string, number>> = {
  apples: 45,
  bread: 320,
  cheese: 1_290,
  milk: 145,
  tea: 510,
};

serveHttp(numberSetting('PORT', 8081), async ({ url }): Promise<Answer> => {
  const [, first, item = ''] = url.pathname.split('/');
  if (first === 'search') {
    await setTimeout(searchMs);
    const wanted = url.searchParams.get('q') ?? '';
    return { status: 200, body: Object.keys(prices).filter((name) => name.includes(wanted)) };
  }
  if (first !== 'items')
    return { status: 404, body: { error: 'there are /items, /items/NAME and /search?q=TEXT' } };
  if (item === '') return { status: 200, body: prices };
  const price = prices[item];
  if (price === undefined) return { status: 404, body: { error: `there is no ${item}` } };
  const { left } = await stock.Count({ item });
  return { status: 200, body: { item, price, left } };
});
