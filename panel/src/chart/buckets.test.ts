import { describe, expect, test } from 'vitest';
import type { PingResult, ResultRow } from '../wire';
import { catchUp, merge, prune, resultsIn, type Curve } from './buckets';
import { payload } from './fixtures';

const T = 1_700_000_000;
const HEAD = {
  probe_id: 1,
  probe_agent_id: 10,
  received_at: '',
  triggered: false,
  triggered_reason: '',
};

function row(atSec: number, rtts: (number | null)[], target = 'a'): ResultRow<PingResult> {
  return {
    ...HEAD,
    agent_id: 10,
    created_at: new Date(atSec * 1000).toISOString(),
    type: 'PING',
    payload: payload(rtts),
    target,
    target_agent: 0,
  };
}

function fetched(...times: number[]): Curve[] {
  const rtt = { rtt_min_ms: 1, rtt_p50_ms: 2, rtt_p95_ms: 3, rtt_max_ms: 4, loss_pct: 0 };
  return [
    {
      agent_id: 10,
      type: 'PING',
      target: 'a',
      target_agent: 0,
      points: times.map((time) => ({ time, count: 3, ...rtt })),
    },
  ];
}

describe('merge', () => {
  test('the first result of a target begins its curve', () => {
    const curves = merge([], 10, row(T + 3, [1, 3]));
    expect(curves).toHaveLength(1);
    expect(curves[0]?.points).toMatchObject([
      { time: T, count: 1, rtt_min_ms: 1, rtt_p50_ms: 2, rtt_max_ms: 3, loss_pct: 0 },
    ]);
  });

  test('a bucket seen live from its beginning is exact', () => {
    let curves = merge([], 10, row(T, [1, 2, 3]));
    curves = merge(curves, 10, row(T + 5, [10, 20, null]));
    curves = merge(curves, 10, row(T + 6, [4]));
    const [bucket] = curves[0]!.points;
    expect(bucket).toMatchObject({ count: 3, rtt_min_ms: 1, rtt_p50_ms: 4, rtt_max_ms: 20 });
    expect(bucket).toMatchObject({ rtt_p95_ms: 15 });
    expect(bucket?.loss_pct).toBeCloseTo(100 / 7);
  });

  test('into a sum of the controller a round is blended by its weight', () => {
    const [curve] = merge(fetched(T), 10, row(T + 9.9, [10]));
    expect(curve?.points).toMatchObject([
      { time: T, count: 4, rtt_min_ms: 1, rtt_p50_ms: 4, rtt_p95_ms: 4.75, rtt_max_ms: 10 },
    ]);
  });

  test('a sum of one round is that round, so that what follows is exact', () => {
    const one = fetched(T);
    one[0]!.points[0]!.count = 1;
    const curves = merge(merge(one, 10, row(T + 1, [10])), 10, row(T + 2, [11]));
    expect(curves[0]?.points).toMatchObject([{ count: 3, rtt_p50_ms: 10, rtt_p95_ms: 11 }]);
  });

  test('total loss moves only the loss', () => {
    const [curve] = merge(fetched(T), 10, row(T + 1, [null]));
    expect(curve?.points).toMatchObject([{ count: 4, rtt_p50_ms: 2, rtt_max_ms: 4, loss_pct: 25 }]);
    const [dark] = merge([], 10, row(T, [null]));
    expect(dark?.points).toMatchObject([{ rtt_p50_ms: null, loss_pct: 100 }]);
  });

  test('a late result finds its place in order', () => {
    const [curve] = merge(fetched(T, T + 20), 10, row(T + 15, [5]));
    expect(curve?.points.map((p) => p.time)).toEqual([T, T + 10, T + 20]);
  });

  test('any order of live results gives the same chart', () => {
    const rows = [row(T, [1, 9]), row(T + 4, [3]), row(T + 12, [null]), row(T + 14, [2])];
    const there = rows.reduce((c, r) => merge(c, 10, r), [] as Curve[]);
    const back = rows.toReversed().reduce((c, r) => merge(c, 10, r), [] as Curve[]);
    expect(back).toEqual(there);
  });

  test('targets stay apart, and the old chart stays as it was', () => {
    const before = fetched(T);
    const after = merge(before, 10, row(T, [5], 'b'));
    expect(after.map((c) => c.target)).toEqual(['a', 'b']);
    expect(after[0]).toBe(before[0]);
    expect(before).toEqual(fetched(T));
  });

  test('a row without a time changes nothing', () => {
    const before = fetched(T);
    expect(merge(before, 10, { ...row(T, [1]), created_at: '' })).toBe(before);
  });
});

test('what came during a fetch is neither lost nor counted twice', () => {
  const during = [row(T + 11, [5]), row(T + 21, [5]), row(T + 25, [7])];
  const curves = catchUp(fetched(T, T + 10), 10, during);
  expect(curves[0]?.points.map((p) => [p.time, p.count])).toEqual([
    [T, 3],
    [T + 10, 3],
    [T + 20, 2],
  ]);
  expect(resultsIn(curves)).toBe(8);
});

test('a bucket leaves when its end has left the window', () => {
  const curves = prune(fetched(T, T + 10, T + 20), 10, T + 15);
  expect(curves[0]?.points.map((p) => p.time)).toEqual([T + 10, T + 20]);
  expect(prune(curves, 10, T)[0]).toBe(curves[0]);
});
