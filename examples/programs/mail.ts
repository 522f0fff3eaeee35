// Takes receipts over plain TCP. It speaks first, as mail servers do: nobody can tell its protocol from the client's bytes.
import { createServer } from 'node:net';
import { listenHost, numberSetting } from './settings.js';
import { onLine } from './lines.js';
import { onStop } from './stop.js';

const port = numberSetting('PORT', 2525);

const server = createServer((socket) => {
  socket.write('220 corner shop mail\n');
  onLine(socket, (line) => {
    console.log(`receipt: ${line}`);
    socket.write('250 taken\n');
  });
});
server.listen(port, listenHost, () => console.log(`listening on ${listenHost}:${port} (TCP)`));
onStop(() => new Promise((resolve) => server.close(() => resolve())));
