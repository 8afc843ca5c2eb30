/** Charts of a host, from the columns of its course. */

import type { FigureLine } from '../../chart/figure_lines';
import { percent, rate } from '../../text/units';
import type { HostCourse } from '../../wire';

export interface HostChart {
  title: string;
  /** Of the axis, where it does not follow the figures. */
  most?: number;
  words: (value: number) => string;
  lines: FigureLine[];
}

type Column = readonly (number | null)[];

/** A chart without any figure is none. */
export function hostCharts(of: HostCourse): HostChart[] {
  const lines = (columns: readonly [name: string, column: Column][]): FigureLine[] =>
    columns.flatMap(([name, column]) => {
      const points = of.times.flatMap((time, at) => {
        const value = column[at];
        return value == null ? [] : [{ time, value }];
      });
      return points.length ? [{ name, points }] : [];
    });
  const swaps = of.swap_pct.some((one) => one !== null && one > 0);
  const charts: HostChart[] = [
    {
      title: 'Processors and memory',
      most: 100,
      words: percent,
      lines: lines([
        ['Processors busy', of.cpu_pct],
        ['Memory used', of.memory_pct],
        ...(swaps ? ([['Swap used', of.swap_pct]] as const) : []),
      ] as [string, Column][]),
    },
    { title: 'Load', words: (load) => load.toFixed(2), lines: lines([['of a minute', of.load]]) },
    {
      title: 'Disks used',
      most: 100,
      words: percent,
      lines: lines(of.disks.map((one) => [one.mount, one.used_pct])),
    },
    ...of.nics.map((one) => ({
      title: one.name,
      words: rate,
      lines: lines([
        ['In', one.rx_bytes_per_sec],
        ['Out', one.tx_bytes_per_sec],
      ]),
    })),
    {
      title: 'Temperature',
      words: (celsius) => `${celsius.toFixed(0)} °C`,
      lines: lines(of.sensors.map((one) => [one.name, one.celsius])),
    },
  ];
  return charts.filter((chart) => chart.lines.length > 0);
}

/** A longer silence than this is a gap: some results in a row are missing. */
export function gapSec({ times, step_sec: step }: Pick<HostCourse, 'times' | 'step_sec'>): number {
  const apart = times
    .slice(1)
    .map((time, at) => time - (times[at] ?? time))
    .sort((a, b) => a - b);
  return 2.5 * Math.max(step, apart[Math.floor(apart.length / 2)] ?? 0);
}
