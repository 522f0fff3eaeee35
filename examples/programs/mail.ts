// Takes receipts over plain TCP. It speaks first, as mail servers do: nobody can tell its protocol from the client's bytes.
import { createServer } from 'node:net';
import { listenHost, numberSetting } from './settings.js';
import { onStop } from './stop.js';

const port = numberSetting('PORT', 2525);

const server = createServer((socket) => {
  // A client that goes away without a word.
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8');
  socket.write('220 corner shop mail\n');
  let unfinished = '';
  socket.on('data', (text: string) => {
    const lines = `${unfinished}${text}`.split('\n');
    unfinished = lines.pop() ?? '';
    for (const line of lines) {
      console.log(`receipt: ${line}`);
      socket.write('250 taken\n');
    }
  });
});
server.listen(port, listenHost, () => console.log(`listening on ${listenHost}:${port} (TCP)`));
onStop(() => new Promise((resolve) => server.close(() => resolve())));
