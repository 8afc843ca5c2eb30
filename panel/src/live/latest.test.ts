import { expect, test } from 'vitest';
import type { ResultRow } from '../wire';
import { inOrder, newest } from './latest';

function row(target: string, at: string, agent_id = 1): ResultRow {
  return {
    probe_id: 1,
    probe_agent_id: 1,
    agent_id,
    received_at: '',
    triggered: false,
    triggered_reason: '',
    created_at: `2026-11-21T12:00:${at}Z`,
    type: 'PING',
    payload: {},
    target,
    target_agent: 0,
  };
}

test('the newest of each target stays, in whatever order they come', () => {
  const rows = [row('a', '05'), row('b', '01'), row('a', '03'), row('a', '07.5')];
  for (const order of [rows, rows.toReversed()]) {
    const found = [...newest(new Map(), order).values()].map((r) => [r.target, r.created_at]);
    expect(Object.fromEntries(found)).toEqual({
      a: '2026-11-21T12:00:07.5Z',
      b: '2026-11-21T12:00:01Z',
    });
  }
});

test('what was known is left as it was', () => {
  const before = newest(new Map(), [row('a', '01')]);
  newest(before, [row('a', '02')]);
  expect([...before.values()][0]?.created_at).toContain(':01Z');
});

test('targets stand in the order people count in', () => {
  const rows = [row('10.0.0.10', '01'), row('10.0.0.9', '02', 2), row('10.0.0.9', '01', 1)];
  expect(inOrder(rows).map((r) => `${r.target} ${r.agent_id}`)).toEqual([
    '10.0.0.9 1',
    '10.0.0.9 2',
    '10.0.0.10 1',
  ]);
});
