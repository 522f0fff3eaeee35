// A program for tests: serves HTTP where the sandbox wants it to, and does what it is told.
import { createServer } from 'node:http';

const { LISTEN_ADDR, LINGER_MS = '0', CRASH = '' } = process.env;
console.log(`started ${process.argv.slice(2).join(' ')}`.trim());
console.error('a warning');
if (CRASH !== '') process.exit(Number(CRASH));

process.on('SIGTERM', () => {
  console.log('told to end');
  if (LINGER_MS !== 'forever') setTimeout(() => process.exit(0), Number(LINGER_MS));
});

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://test');
  if (pathname === '/print') console.log(searchParams.get('text'));
  if (pathname === '/exit') process.exit(Number(searchParams.get('code')));
  response.end(JSON.stringify({ env: process.env, pid: process.pid, title: process.title }));
}).listen(8080, LISTEN_ADDR);
