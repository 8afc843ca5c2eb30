/** Figures of single results as lines over time: what the chart of RTT and loss does not have. */

export interface FigurePoint {
  /** Unix seconds. */
  time: number;
  value: number;
}

export interface FigureLine {
  name: string;
  points: FigurePoint[];
}

export const WIDTH = 1000;
export const HEIGHT = 120;

/** The top of the axis: 1, 2 or 5 times a power of ten above the highest. */
export function topOf(lines: readonly FigureLine[]): number {
  const highest = Math.max(0, ...lines.flatMap((one) => one.points.map((point) => point.value)));
  if (highest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return ([1, 2, 5, 10].find((step) => step * power >= highest) ?? 10) * power;
}

/** One SVG path; where nothing came for longer than `gapSec` it is broken. */
export function pathOf(
  points: readonly FigurePoint[],
  { from, to, top, gapSec }: { from: number; to: number; top: number; gapSec: number },
): string {
  const x = (time: number) => round((WIDTH * (time - from)) / Math.max(1, to - from));
  const y = (value: number) => round(HEIGHT * (1 - value / top));
  let last = -Infinity;
  return points
    .filter(({ time }) => time >= from && time <= to)
    .map(({ time, value }) => {
      const joined = time - last <= gapSec;
      last = time;
      // What stands alone is as long as a dot.
      return joined ? `L${x(time)} ${y(value)}` : `M${x(time)} ${y(value)}h2`;
    })
    .join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
