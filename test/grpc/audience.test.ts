import { expect, test } from 'vitest';
import { Audiences, noSubject } from '../../src/grpc/audience.js';

const web = { namespace: 'shop', service: 'web', port: '80' };

test('streams about one subject are one audience, which is there as long as one of them is open', () => {
  const audiences = new Audiences('Get');
  const first = audiences.join(web);
  const second = audiences.join({ ...web });
  const other = audiences.join({ ...web, port: '' });
  first.updates += 2;
  expect(second).toBe(first);
  expect([...audiences]).toEqual([
    { ...web, rpc: 'Get', subscribers: 2, updates: 2, conflations: 0 },
    { ...web, port: '', rpc: 'Get', subscribers: 1, updates: 0, conflations: 0 },
  ]);
  audiences.leave(first);
  audiences.leave(other);
  expect([...audiences]).toEqual([{ ...web, rpc: 'Get', subscribers: 1, updates: 2, conflations: 0 }]);
  audiences.leave(second);
  expect([...audiences]).toEqual([]);
});

test('an audience that comes back begins anew', () => {
  const audiences = new Audiences('Get');
  const before = audiences.join(web);
  before.updates = 7;
  audiences.leave(before);
  expect(audiences.join(web)).toMatchObject({ subscribers: 1, updates: 0 });
});

test('what is no service is one subject', () => {
  const audiences = new Audiences('GetProfile');
  expect(audiences.join(noSubject)).toBe(audiences.join(noSubject));
});
