import { expect, test } from 'vitest';
import type { HostCourse } from '../../wire';
import { gapSec, hostCharts } from './host_charts';

const COURSE: HostCourse = {
  step_sec: 15,
  times: [100, 220, 340, 900, 1020],
  cpu_pct: [null, 10, 20, 30, 40],
  memory_pct: [50, 50, 50, 50, 50],
  swap_pct: [0, 0, 0, null, 0],
  load: [null, null, null, null, null],
  disks: [{ mount: '/', used_pct: [90, 91, 92, 93, 94] }],
  nics: [
    { name: 'eth0', rx_bytes_per_sec: [1, 2, 3, 4, 5], tx_bytes_per_sec: [1, 1, 1, 1, 1] },
    {
      name: 'dead0',
      rx_bytes_per_sec: [null, null, null, null, null],
      tx_bytes_per_sec: [null, null, null, null, null],
    },
  ],
  sensors: [],
};

test('There is a chart of what was measured, and none of what was not', () => {
  const drawn = hostCharts(COURSE).map(({ title, lines }) => [
    title,
    ...lines.map(({ name, points }) => `${name}: ${points.length}`),
  ]);
  expect(drawn).toEqual([
    ['Processors and memory', 'Processors busy: 4', 'Memory used: 5'],
    ['Disks used', '/: 5'],
    ['eth0', 'In: 5', 'Out: 5'],
  ]);
});

test('Swap is drawn where it is used', () => {
  const [first] = hostCharts({ ...COURSE, swap_pct: [0, 5, 5, 5, 5] });
  expect(first?.lines.map(({ name }) => name)).toContain('Swap used');
});

test('A gap is more than results usually lie apart', () => {
  expect(gapSec(COURSE)).toBe(300);
  expect(gapSec({ times: [], step_sec: 900 })).toBe(2_250);
});
