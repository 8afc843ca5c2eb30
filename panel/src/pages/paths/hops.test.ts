import { expect, test } from 'vitest';
import { mtr } from './fixtures';
import { axisMs, hopsOf, hostWords, outcome, speed } from './hops';

test('A silent hop has no times, and a hop without packets no loss', () => {
  const [first, silent] = hopsOf(mtr(['a', '', 'c']));
  expect(first).toMatchObject({ avgMs: 10, lossPct: 0, hosts: [{ address: 'a' }] });
  expect(silent).toMatchObject({ avgMs: null, bestMs: null, lossPct: 100, hosts: [] });
  const none = mtr(['a']);
  none.report!.hops![0]!.sent = 0;
  expect(hopsOf(none)[0]?.lossPct).toBeNull();
});

test('Loss that is not behind a hop too is its own business', () => {
  const hops = hopsOf(mtr(['a', 'b', 'c', 'd'], [0, 60, 20, 30]));
  expect(hops.map((hop) => hop.realLossPct)).toEqual([0, 20, 20, 30]);
});

test('The axis ends at a round figure above the worst', () => {
  expect(axisMs(hopsOf(mtr(['a', 'b', 'c'])))).toBe(50);
  expect(axisMs(hopsOf(mtr(['a', 'b'])))).toBe(20);
  expect(axisMs([])).toBe(1);
});

test('A time is quick, slow or late', () => {
  expect([null, 99.9, 100, 200].map(speed)).toEqual(['quick', 'quick', 'slow', 'late']);
});

test('The outcome names the last that answered', () => {
  const cut = mtr(['a', 'b', ''], [], { reached: false });
  expect(outcome(cut, hopsOf(cut))).toBe(
    'The target did not answer; the last that did is hop 2, b.example (b).',
  );
  const whole = mtr(['a', 'b']);
  expect(outcome(whole, hopsOf(whole))).toBe('The target answered at hop 2.');
  const dead = mtr(['', ''], [], { reached: false });
  expect(outcome(dead, hopsOf(dead))).toBe('Nobody answered, not even the first hop.');
  expect(outcome({ error: 'unknown host' }, [])).toBe('unknown host');
});

test('Parallel ways are all named', () => {
  const both = mtr(['a']);
  both.report!.hops![0]!.hosts.push({ ip: 'z', hostname: '', asn: 64500, as_org: 'North' });
  const [hop] = hopsOf(both);
  expect(hostWords(hop!)).toBe('a.example (a), z');
  expect(hop?.hosts[1]?.network).toBe('AS64500 North');
});
