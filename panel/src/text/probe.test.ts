import { expect, test } from 'vitest';
import { failure, inOrder, refusals, title } from './probe';

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

test('a refused probe has its reasons, each once', () => {
  const delivered = [
    { probe_id: 1, state: 'running', reason: '' },
    { probe_id: 2, state: 'refused', reason: 'type RPERF' },
    { probe_id: 3, state: 'refused', reason: 'MTR: port: not between 1 and 65535' },
    { probe_id: 3, state: 'refused', reason: 'no room' },
    { probe_id: 3, state: 'refused', reason: 'no room' },
  ] as const;
  expect([1, 2, 3, 4].map((id) => refusals(delivered, id))).toEqual([
    [],
    ['type RPERF'],
    ['MTR: port: not between 1 and 65535', 'no room'],
    [],
  ]);
});

test('what went wrong is read from a payload of whatever make', () => {
  expect(failure({ payload: { error: 'connect: refused' } })).toBe('connect: refused');
  for (const payload of [null, 3, [], {}, { error: '' }, { error: null }, { error: { a: 1 } }]) {
    expect(failure({ payload })).toBe('');
  }
});
