import { expect, test } from 'vitest';
import { programOf } from '../../../src/sandbox/containers/program.js';

const web = { file: 'web.js', args: [] };
const local = { file: 'local.js', args: [] };
const programs = new Map([
  ['shop/web', web],
  ['localhost:5000/shop/web', local],
]);

test.each([
  ['shop/web', web],
  ['shop/web:latest', web],
  ['shop/web:v1.2', web],
  ['shop/web@sha256:0123', web],
  ['shop/web:v1@sha256:0123', web],
  ['localhost:5000/shop/web', local],
  ['localhost:5000/shop/web:v1', local],
  ['shop/web2', undefined],
  ['web', undefined],
  ['', undefined],
])('%s', (image, program) => {
  expect(programOf(programs, image)).toBe(program);
});
