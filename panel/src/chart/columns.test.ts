import { expect, test } from 'vitest';
import type { Curve } from './buckets';
import { axisTop, columns, gapAfter, lonely, losses } from './columns';

function curve(target: string, ...points: [time: number, rtt: number | null, loss?: number][]) {
  return {
    agent_id: 1,
    type: 'PING',
    target,
    target_agent: 0,
    points: points.map(([time, rtt, loss = 0]) => ({
      time,
      count: 1,
      rtt_min_ms: rtt,
      rtt_p50_ms: rtt,
      rtt_p95_ms: rtt,
      rtt_max_ms: rtt,
      loss_pct: loss,
    })),
  } satisfies Curve;
}

test('a silence is a gap, another target’s time is not', () => {
  const [times, , , , a, , , , b] = columns(
    [curve('a', [0, 1], [10, 2], [100, 3]), curve('b', [5, 7], [15, 8])],
    gapAfter(5, 10),
  );
  expect(times).toEqual([0, 5, 10, 15, 55, 100]);
  expect(a).toEqual([1, undefined, 2, undefined, null, 3]);
  expect(b).toEqual([undefined, 7, undefined, 8, undefined, undefined]);
});

test('a probe slower than the buckets has no gaps between its results', () => {
  const [times] = columns([curve('a', [0, 1], [60, 1], [120, 1])], gapAfter(2, 60));
  expect(times).toEqual([0, 60, 120]);
});

test('total loss breaks the line', () => {
  const [, , , , median] = columns([curve('a', [0, 1], [10, null, 100], [20, 1])], 25);
  expect(median).toEqual([1, null, 1]);
});

test('the worst loss of a moment shows', () => {
  const found = losses([curve('a', [0, 1, 20], [10, 1]), curve('b', [0, 1, 60], [5, null, 100])]);
  expect(found).toEqual([
    { time: 0, pct: 60 },
    { time: 5, pct: 100 },
  ]);
});

test('the axis shows ordinary spikes whole, and is not ruled by a wild one', () => {
  const [calm] = [curve('a', [0, 2], [10, 3])];
  expect(axisTop([calm], 0, 10)).toEqual({ top: 3 * 1.08, cut: false });
  calm.points[0]!.rtt_max_ms = 2000;
  expect(axisTop([calm], 0, 10)).toEqual({ top: 12, cut: true });
  expect(axisTop([calm], 5, 10).cut).toBe(false);
  expect(axisTop([], 0, 10)).toEqual({ top: 1, cut: false });
});

test('only points without a neighbour get a dot', () => {
  expect(lonely([1, null, 1, undefined, 1, null, undefined, 1, undefined])).toEqual([0, 7]);
  expect(lonely([])).toEqual([]);
});

test('nothing measured draws nothing', () => expect(columns([], 10)).toEqual([[]]));
