import { expect, test } from 'vitest';
import type { GroupDelivery } from '../wire';
import { delivered, deliveredOf, share, takers, words } from './delivery';

function row(agent_id: number, more: Partial<GroupDelivery> = {}): GroupDelivery {
  return {
    agent_id,
    connected: true,
    takes_groups: true,
    current: true,
    problems: [],
    ...more,
  };
}

const group = (name: string, ...agent_ids: number[]) => ({ name, agent_ids });

const OURS = 'group ours: a local group has this name, and stays';
const all = delivered(
  [2, 10, 1, 3, 4, 5, 6].map((id) => ({ id, name: `site ${id}` })),
  [
    row(1),
    row(2, { connected: false }),
    row(3, { current: false }),
    row(4, { current: false, connected: false }),
    row(5, { takes_groups: false, current: false }),
    row(6, { problems: [OURS] }),
  ],
);

test('what is wrong stands first, then by name as people count', () => {
  expect(all.map((one) => [one.id, words(one)])).toEqual([
    [6, 'with a problem'],
    [3, 'on the way'],
    [4, 'away: gets them when it connects'],
    [5, 'takes none: meters nothing and has no socket, or never connected'],
    [10, 'takes none: meters nothing and has no socket, or never connected'],
    [1, 'up to date'],
    [2, 'up to date when it left, now away'],
  ]);
});

test('agents that cannot have groups are not counted as lacking them', () => {
  expect(share(takers(all))).toBe('2 of 5 agents');
});

test('a problem with one group is none with another', () => {
  expect(share(deliveredOf(group('ours'), all))).toBe('2 of 5 agents');
  expect(share(deliveredOf(group('our'), all))).toBe('3 of 5 agents');
  expect(deliveredOf(group('ours', 6), all)).toMatchObject([{ id: 6, problems: [OURS] }]);
  expect(deliveredOf(group('our', 6), all)).toMatchObject([{ stage: 'current', problems: [] }]);
});

test('a group for named agents tells of those, also where one cannot have it', () => {
  const named = deliveredOf(group('staff', 1, 5, 10, 99), all);
  expect(named.map((one) => one.id)).toEqual([5, 10, 1]);
  expect(share(named)).toBe('1 of 3 agents');
});
