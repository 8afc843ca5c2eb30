import { expect, test } from 'vitest';
import type { ResultRow } from '../../wire';
import { mtr } from './fixtures';
import { hopsOf } from './hops';
import { differences, moments, nearest, stretches, summary } from './route_change';

const AT = Date.parse('2026-11-30T12:00:00Z') / 1000;

function rows(...ways: string[][]): ResultRow[] {
  return ways.map((hosts, i) => ({
    probe_id: 1,
    probe_agent_id: 0,
    agent_id: 2,
    triggered: false,
    triggered_reason: '',
    created_at: new Date((AT + 300 * i) * 1000).toISOString(),
    received_at: '',
    type: 'MTR',
    payload: mtr(hosts),
    target: '198.18.1.10',
    target_agent: 0,
  }));
}

function told(before: string[], after: string[]): string[] {
  return differences(hopsOf(mtr(before)), hopsOf(mtr(after))).map(
    (row) =>
      `${row.kind} ${row.before?.hosts[0]?.address ?? '-'} ${row.after?.hosts[0]?.address ?? '-'}`,
  );
}

test('A hop more in the middle is one new hop, not a change of all behind it', () => {
  expect(told(['a', 'b', 'd'], ['a', 'b', 'c', 'd'])).toEqual([
    'same a a',
    'same b b',
    'new - c',
    'same d d',
  ]);
  expect(told(['a', 'b', 'c', 'd'], ['a', 'd'])).toEqual([
    'same a a',
    'gone b -',
    'gone c -',
    'same d d',
  ]);
});

test('A hop in the place of another is a changed one', () => {
  expect(told(['a', 'b', 'd'], ['a', 'x', 'd'])).toEqual(['same a a', 'changed b x', 'same d d']);
  expect(told(['a', 'b', 'd'], ['a', 'x', 'y', 'd'])).toEqual([
    'same a a',
    'changed b x',
    'new - y',
    'same d d',
  ]);
});

test('Differences in words', () => {
  const words = (before: string[], after: string[]) =>
    summary(differences(hopsOf(mtr(before)), hopsOf(mtr(after))));
  expect(words(['a', 'b'], ['a', 'b'])).toBe('the same way');
  expect(words(['a', 'b', 'd'], ['a', 'x', 'y', 'd'])).toBe('hops: 1 new, 1 changed');
});

test('Results that went the same way are one stretch, and a way that comes back keeps its letter', () => {
  const all = moments(rows(['a', 'b'], ['a', 'b'], ['a', 'c'], ['a', 'b']).toReversed());
  expect(stretches(all).map(({ from, to, letter, count }) => [from - AT, to - AT, letter, count]))
    // prettier-ignore
    .toEqual([
      [0, 300, 'A', 2],
      [600, 600, 'B', 1],
      [900, 900, 'A', 1],
    ]);
});

test('Without a fingerprint the way is who answered', () => {
  const [one, two] = moments(
    rows(['a', ''], ['a', 'c']).map((row) => ({
      ...row,
      payload: { ...(row.payload as object), fingerprint: '' },
    })),
  );
  expect([one?.way, two?.way]).toEqual(['a *', 'a c']);
});

test('The moment nearest to a time; the newest where none is asked for', () => {
  const all = moments(rows(['a'], ['b'], ['c']));
  expect(nearest(all, null)?.at).toBe(AT + 600);
  expect(nearest(all, AT + 310)?.at).toBe(AT + 300);
  expect(nearest([], AT)).toBeUndefined();
});
