import { expect, test } from 'vitest';
import { parse, toAgent, toAgents, toAlerts, toGroup, toGroups, toProbe, toTraffic } from './route';

test('every address leads back to where it came from', () => {
  expect(parse(toAgents(1))).toEqual({ page: 'agents', workspace: 1 });
  expect(parse(toAlerts(1))).toEqual({ page: 'alerts', workspace: 1 });
  expect(parse(toAgent(1, 10))).toEqual({ page: 'agent', workspace: 1, agent: 10 });
  const traffic = { page: 'traffic', workspace: 1, group: '' };
  expect(parse(toTraffic(1))).toEqual({ ...traffic, range: '' });
  expect(parse(toTraffic(1, '7d'))).toEqual({ ...traffic, range: '7d' });
  const staff = { ...traffic, range: '', group: 'staff & co=1' };
  expect(parse(toTraffic(1, '', 'staff & co=1'))).toEqual(staff);
  expect(parse(toTraffic(1, '6h', 'staff & co=1'))).toEqual({ ...staff, range: '6h' });
  expect(parse(toGroups(1))).toEqual({ page: 'groups', workspace: 1 });
  expect(parse(toGroup(1, 5))).toEqual({ page: 'group', workspace: 1, group: 5 });
  const probe = { page: 'probe', workspace: 1, agent: 10, probe: 3 };
  expect(parse(toProbe(1, 10, 3))).toEqual({ ...probe, range: '' });
  expect(parse(toProbe(1, 10, 3, '7d'))).toEqual({ ...probe, range: '7d' });
});

test.each(['', '#', '#/', '#/w/', '#/w/x', '#/w/1/p/3', '#/w/1/a/2/p/3/q', 'w/1'])(
  '%j leads home',
  (hash) => expect(parse(hash)).toEqual({ page: 'home' }),
);
