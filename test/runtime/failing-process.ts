import process from 'node:process';
import { createLogger } from '../../src/runtime/log.js';
import { exitOnBug } from '../../src/runtime/shutdown.js';

// A program with a bug, for the tests of what becomes of it.
exitOnBug({ log: createLogger({ level: 'info', format: 'json' }) });
const bug = new Error('a bug', { cause: new Error('the root') });
if (process.argv[2] === 'throws') {
  setImmediate(() => {
    throw bug;
  });
} else {
  void Promise.reject(bug);
}
