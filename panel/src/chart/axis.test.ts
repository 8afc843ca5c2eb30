import { expect, test } from 'vitest';
import { msLabels, timeLabels } from './axis';

const at = (...when: [number, number, number, number, number, number?]) =>
  new Date(...when).getTime() / 1000;

test('the date stands at the first tick and at midnight', () => {
  const ticks = [at(2026, 10, 21, 22, 0), at(2026, 10, 21, 23, 0), at(2026, 10, 22, 0, 0)];
  expect(timeLabels(ticks, 3600)).toEqual(['22:00\n11-21', '23:00', '00:00\n11-22']);
});

test('steps below a minute show seconds, steps of days only the date', () => {
  const tick = at(2026, 0, 2, 3, 4, 5);
  expect(timeLabels([tick], 15)).toEqual(['03:04:05\n01-02']);
  expect(timeLabels([tick], 86_400)).toEqual(['01-02']);
});

test('neighbouring ticks never read the same', () => {
  expect(msLabels([0, 0.02, 0.04], 0.02)).toEqual(['0.00 ms', '0.02 ms', '0.04 ms']);
  expect(msLabels([0, 0.1], 0.1)).toEqual(['0.0 ms', '0.1 ms']);
  expect(msLabels([0, 50, 100], 50)).toEqual(['0 ms', '50 ms', '100 ms']);
  expect(msLabels([0, 2.5], 2.5)).toEqual(['0.0 ms', '2.5 ms']);
});
