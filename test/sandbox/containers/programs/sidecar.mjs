// Stands in for `conduit proxy`: hands on what comes to the pod, and is ready when it listens.
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';

const flags = new Map();
for (let index = 3; index < process.argv.length; index += 2) {
  const [name, value] = process.argv.slice(index, index + 2);
  flags.set(name, [...(flags.get(name) ?? []), value]);
}
const split = (address) => ({ host: address.split(':')[0], port: Number(address.split(':')[1]) });
console.log(`sidecar ${JSON.stringify([...flags])}`);
process.on('SIGTERM', () => {
  console.log('sidecar told to end');
  process.exit(0);
});
for (const rule of flags.get('--inbound') ?? []) {
  const [listen, forward] = rule.split('=').map(split);
  createServer((socket) => {
    const other = connect(forward);
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ])
      one.on('error', () => two.destroy()).pipe(two);
  }).listen(listen);
}
createHttpServer((_, response) => response.end('ready')).listen(split(flags.get('--admin-addr')[0]));
