// Runs before every test file.
import process from 'node:process';

process.env['TZ'] = 'UTC';
