import { expect, test } from 'vitest';
import type { Curve } from '../../chart/buckets';
import { chosen, comparedOf, linesOf, MOST, sumOf, withOne, without } from './compared';

test('an address names lines, and what is none of them is left out', () => {
  const web = { probe: 4, target: 'https://a.example/b c@d' };
  const lines = linesOf([{ probe: 3, target: '' }, web]);
  expect(comparedOf(lines)).toEqual([{ probe: 3, target: '' }, web]);
  expect(comparedOf('x 3 3 -1 @a 4@%')).toEqual([
    { probe: 3, target: '' },
    { probe: 4, target: '%' },
  ]);
});

test('there are six at most, each once', () => {
  const six = comparedOf('1 2 3 4 5 6 7');
  expect(six.length).toBe(MOST);
  expect(withOne(six, { probe: 9, target: '' })).toEqual(six);
  expect(withOne(six.slice(0, 2), { probe: 2, target: '' })).toEqual(six.slice(0, 2));
});

const point = { time: 0, rtt_min_ms: 1, rtt_p95_ms: 9, rtt_max_ms: 9 };
const curve: Curve = {
  ...{ agent_id: 1, type: 'PING', target: 'a', target_agent: 0 },
  points: [
    { ...point, count: 1, sent: 1, rtt_p50_ms: 5, loss_pct: 0 },
    { ...point, count: 1, sent: 3, rtt_p50_ms: null, loss_pct: 100 },
    { ...point, count: 1, sent: 4, rtt_p50_ms: 3, loss_pct: 0 },
  ],
};

test('of several targets the one that is meant', () => {
  const other = { ...curve, target: 'b' };
  expect(chosen({ probe: 1, target: 'b' }, [curve, other]).map((one) => one.curve)).toEqual([
    other,
  ]);
  expect(chosen({ probe: 1, target: '' }, [curve, other]).length).toBe(2);
});

test('where one target of a probe is left out, the others stay', () => {
  const [whole, web] = comparedOf('1 4@x');
  const lines = chosen(
    whole!,
    ['a', 'b', 'c'].map((target) => ({ ...curve, target })),
  );
  expect(linesOf(without([whole!, web!], lines, lines[1]!))).toBe('1@a 1@c 4@x');
  expect(linesOf(without([whole!, web!], [], { curve, of: web! }))).toBe('1');
});

test('loss is of packets, and an empty line has no figures', () => {
  expect(sumOf(curve)).toEqual({ lossPct: 37.5, leastMs: 3, middleMs: 3, mostMs: 5 });
  const nothing = { lossPct: null, leastMs: null, middleMs: null, mostMs: null };
  expect(sumOf({ ...curve, points: [] })).toEqual(nothing);
});
