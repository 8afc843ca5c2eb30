import { expect, test } from 'vitest';
import { payload } from './fixtures';
import { round } from './round';

test('the median lies between the two in the middle', () => {
  expect(round(payload([7])).medianMs).toBe(7);
  expect(round(payload([40, 1, 2, 3])).medianMs).toBe(2.5);
  expect(round(payload([3, 1, 2])).medianMs).toBe(2);
});

test('RTTs are taken in the order of sending for jitter, sorted for the rest', () => {
  const r = round(payload([3, 1, 2]));
  expect(r).toMatchObject({ minMs: 1, medianMs: 2, maxMs: 3, sent: 3, received: 3, lossPct: 0 });
  expect(r.jitterMs).toBe(1.5);
});

test('a lost packet counts as loss and not as an RTT', () => {
  const r = round(payload([4, null, 6, null]));
  expect(r).toMatchObject({ lossPct: 50, minMs: 4, medianMs: 5, jitterMs: 2 });
});

test('where everything is lost there is no RTT, not one of 0', () => {
  const r = round(payload([null, null]));
  expect(r).toMatchObject({ lossPct: 100, minMs: null, medianMs: null, maxMs: null });
  expect(r.jitterMs).toBeNull();
});

test('one RTT has no jitter', () => expect(round(payload([5])).jitterMs).toBeNull());

test('an agent that keeps no single RTTs is shown by its summary', () => {
  const seed = {
    packets_sent: 30,
    packets_recv: 30,
    packet_loss: 0,
    addr: '203.0.113.2',
    min_rtt: 48683,
    max_rtt: 2072472,
    avg_rtt: 155888,
    std_dev_rtt: 357498,
  };
  const r = round(seed);
  expect(r.minMs).toBeCloseTo(0.048683);
  expect(r.medianMs).toBeCloseTo(0.155888);
  expect(r.maxMs).toBeCloseTo(2.072472);
  expect(r.jitterMs).toBeCloseTo(0.357498);
  const lost = { ...seed, packets_recv: 0, packet_loss: 100, avg_rtt: 0 };
  expect(round(lost).medianMs).toBeNull();
});
