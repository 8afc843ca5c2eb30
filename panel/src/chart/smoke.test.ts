import { expect, test } from 'vitest';
import { LOSS_STEPS, lossStep, strokes } from './smoke';

function points(...of: [time: number, rtt: number | null, loss?: number][]) {
  return {
    points: of.map(([time, rtt, loss = 0]) => ({
      ...{ time, count: 1, loss_pct: loss },
      ...{ rtt_min_ms: rtt, rtt_p50_ms: rtt, rtt_p95_ms: rtt, rtt_max_ms: rtt },
    })),
  };
}

test('Loss in steps; a little is never none', () => {
  expect([null, 0, 0.01, 1, 1.1, 20, 20.1, 100].map(lossStep)).toEqual([0, 0, 1, 1, 2, 3, 4, 4]);
  const widths = LOSS_STEPS.map((step) => step.widthPx);
  expect(widths).toEqual(widths.toSorted((a, b) => a - b));
});

test('A stroke goes on from where another colour ended', () => {
  expect(strokes(points([0, 5], [10, 6], [20, 7, 10], [30, 8]), 25)).toEqual([
    { step: 0, points: [[0, 5], [10, 6]] }, // prettier-ignore
    { step: 3, points: [[10, 6], [20, 7]] }, // prettier-ignore
    { step: 0, points: [[20, 7], [30, 8]] }, // prettier-ignore
  ]);
});

test('Silence and total loss break it', () => {
  const found = strokes(points([0, 5], [10, null, 100], [20, 6], [90, 7]), 25);
  expect(found.map((one) => one.points)).toEqual([[[0, 5]], [[20, 6]], [[90, 7]]]);
});
