import process from 'node:process';

// Formatted times must not depend on where the tests run.
process.env['TZ'] = 'UTC';
