/** Charts of a host, from the columns of its course. */

import type { FigureLine } from '../../chart/figure_lines';
import { percent, rate } from '../../text/units';
import type { HostCourse } from '../../wire';
import { say as general } from '../../words/en/general';
import { say } from '../../words/en/sites';
import { fixed } from '../../words/numbers';

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
      title: say.processorsAndMemory,
      most: 100,
      words: percent,
      lines: lines([
        [say.processorsBusy, of.cpu_pct],
        [say.memoryUsed, of.memory_pct],
        ...(swaps ? [[say.swapUsed, of.swap_pct]] : []),
      ] as [string, Column][]),
    },
    {
      title: general.load,
      words: (load) => fixed(load, 2),
      lines: lines([[say.ofAMinute, of.load]]),
    },
    {
      title: say.disksUsed,
      most: 100,
      words: percent,
      lines: lines(of.disks.map((one) => [one.mount, one.used_pct])),
    },
    ...of.nics.map((one) => ({
      title: one.name,
      words: rate,
      lines: lines([
        [general.trafficIn, one.rx_bytes_per_sec],
        [general.trafficOut, one.tx_bytes_per_sec],
      ]),
    })),
    {
      title: say.temperature,
      words: (celsius) => `${fixed(celsius, 0)} °C`,
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
