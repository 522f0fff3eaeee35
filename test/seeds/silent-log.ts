import { createLogger, type Logger } from '../../src/runtime/log.js';

export const silentLog: Logger = createLogger({ level: 'silent', format: 'json' });
