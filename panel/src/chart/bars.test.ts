import { expect, test } from 'vitest';
import { gaps, highest, stacked } from './bars';

const span = { start: 0, end: 600, step_sec: 60 };
const at = (time: number, bytes_in: number, bytes_out = 0) => ({ time, bytes_in, bytes_out });

test('a bar is as wide as its step and as high as its share, upon those before it', () => {
  const mail = { name: 'mail', points: [at(0, 50, 100)] };
  const web = { name: 'web', points: [at(0, 25), at(540, 100)] };
  expect(highest([at(0, 75, 100)])).toBe(100);
  expect(stacked([mail, web], span, 100)).toEqual([
    { name: 'mail', in: 'M0 100v-50h100V100z', out: 'M0 100v100h100V100z' },
    { name: 'web', in: 'M0 50v-25h100V50zM900 100v-100h100V100z', out: '' },
  ]);
});

test('nothing reported is a gap; a report of nothing is none', () => {
  expect(gaps([at(0, 0), at(60, 5), at(300, 0)], span, 10_000)).toEqual([
    [200, 500],
    [600, 1000],
  ]);
  expect(gaps([], span, 10_000)).toEqual([[0, 1000]]);
});

test('what is still to come is no gap', () => {
  expect(gaps([at(0, 1)], span, 130)).toEqual([]);
  expect(gaps([at(0, 1)], span, 300)).toEqual([[100, 300]]);
});

test('where nothing is, nothing is divided by nothing', () => {
  expect(highest([])).toBe(1);
  const none = { start: 0, end: 0, step_sec: 60 };
  expect(stacked([{ name: '', points: [] }], none, 1)).toEqual([{ name: '', in: '', out: '' }]);
});
