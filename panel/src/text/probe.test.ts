import { expect, test } from 'vitest';
import { inOrder, title } from './probe';

function probe(id: number, type: string, ...targets: string[]) {
  return { id, type, targets: targets.map((target) => ({ target, agent_id: null })) };
}

test('a title names two targets and counts the rest', () => {
  expect(title(probe(1, 'SYSINFO'))).toBe('SYSINFO');
  expect(title(probe(1, 'PING', 'a', 'b'))).toBe('PING a, b');
  expect(title(probe(1, 'PING', 'a', 'b', 'c', 'd'))).toBe('PING a, b and 2 more');
  expect(title({ ...probe(1, 'MTR'), targets: [{ target: '', agent_id: 7 }] })).toBe('MTR agent 7');
  expect(title({ ...probe(1, 'NETINFO'), targets: null })).toBe('NETINFO');
});

test('what looks outward stands before the host itself', () => {
  const made = [
    probe(4, 'PING', 'b'),
    probe(3, 'NETINFO'),
    probe(2, 'SYSINFO'),
    probe(1, 'PING', 'a'),
  ];
  expect(inOrder(made).map((p) => p.id)).toEqual([1, 4, 2, 3]);
});
