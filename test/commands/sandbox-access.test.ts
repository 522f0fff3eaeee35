import { expect, test } from 'vitest';
import { run } from './run-program.js';

test('a sandbox that others can reach does not let them tap without permission', async () => {
  expect(await run(['sandbox', '--authorize-tap', 'false', '--api-addr', ':0'])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'conduit sandbox: --authorize-tap false needs an --api-addr on loopback: whoever reaches it sees every request\n',
  });
});
