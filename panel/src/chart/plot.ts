/** What uPlot is told: scales, axes, two bands and one line per curve, loss as bars. */

import type uPlot from 'uplot';
import { msLabels, tickDate, timeLabels } from './axis';
import { lonely, PER_CURVE, type Loss } from './columns';
import { LOSS_STEPS, type Stroke } from './smoke';

export interface View {
  from: number;
  to: number;
  bucketSec: number;
  losses: readonly Loss[];
  /** The median by what was lost; none where colours tell curves apart. */
  strokes: readonly Stroke[];
  /** Of the RTT axis, in ms. */
  top: number;
}

export interface Colours {
  text: string;
  rule: string;
  loss: string;
  /** Of the median, by steps of loss. */
  steps: readonly string[];
  curves: readonly string[];
}

export interface Hooks {
  /** The pointer moved to this place, in px from the left of the plot, or is gone (null). */
  point: (left: number | null) => void;
  zoom: (from: number, to: number) => void;
  /** The plot was laid out: so far it is from both sides, in px. */
  laid: (left: number, right: number) => void;
}

/** `view` is read again at every draw, so that a sliding window needs no new plot. */
export function options(view: () => View, colours: Colours, hooks: Hooks): uPlot.Options {
  const axis = {
    stroke: colours.text,
    font: '12px system-ui, sans-serif',
    grid: { stroke: colours.rule, width: 1 },
    ticks: { show: false },
  };
  return {
    width: 600,
    height: 300,
    legend: { show: false },
    tzDate: tickDate,
    padding: [10, 0, 0, 0],
    scales: {
      x: { time: true, range: () => [view().from, view().to] },
      ms: { range: () => [0, view().top] },
      '%': { range: [0, 100] },
    },
    axes: [
      {
        ...axis,
        space: 54,
        size: 40,
        values: (_u, ticks, _i, _s, step) => timeLabels(ticks, step),
      },
      {
        ...axis,
        scale: 'ms',
        size: wide,
        values: (_u, ticks, _i, _s, step) => msLabels(ticks, step),
      },
      {
        ...axis,
        scale: '%',
        side: 1,
        size: wide,
        grid: { show: false },
        splits: [0, 25, 50, 75, 100],
        values: (_u, ticks) => ticks.map((tick) => `${tick} %`),
      },
    ],
    series: [{}, ...colours.curves.flatMap(seriesOf), { scale: '%', show: false }],
    bands: colours.curves.flatMap((colour, i): uPlot.Band[] => {
      const least = i * PER_CURVE + 1;
      return [
        { series: [least + 1, least], fill: faded(colour, 0.13) },
        { series: [least + 2, least], fill: faded(colour, 0.2) },
      ];
    }),
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
    },
    hooks: {
      drawAxes: [(u) => bars(u, view(), colours.loss)],
      draw: [
        (u) => median(u, view().strokes, colours.steps),
        (u) => {
          const { left, width } = u.bbox;
          const start = left / devicePixelRatio;
          hooks.laid(start, u.width - start - width / devicePixelRatio);
        },
      ],
      setCursor: [
        (u) => {
          const left = u.cursor.left ?? -1;
          hooks.point(left < 0 ? null : left);
        },
      ],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < 4) return;
          hooks.zoom(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** As wide as its longest label. */
function wide(_u: uPlot, labels: string[] | null): number {
  return 12 + 7 * Math.max(3, ...(labels ?? []).map((label) => label.length));
}

/** Least, greatest, p95, median: in the order of `columns`. */
function seriesOf(colour: string): uPlot.Series[] {
  const edge: uPlot.Series = { scale: 'ms', width: 0, points: { show: false } };
  const middle: uPlot.Series = {
    scale: 'ms',
    stroke: colour,
    width: 1.5,
    points: {
      show: true,
      size: 4,
      width: 0,
      fill: colour,
      filter: (u, index) => lonely(u.data[index] as (number | null | undefined)[]),
    },
  };
  return [edge, edge, edge, middle];
}

/** Drawn over the line of one colour. */
function median(u: uPlot, strokes: readonly Stroke[], colours: readonly string[]) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineJoin = 'round';
  for (const { step, points } of strokes) {
    if (step === 0) continue;
    ctx.strokeStyle = colours[step] ?? '';
    ctx.lineWidth = (LOSS_STEPS[step]?.widthPx ?? 1) * devicePixelRatio;
    ctx.lineCap = points.length === 1 ? 'round' : 'butt';
    ctx.beginPath();
    for (const [time, ms] of points) {
      ctx.lineTo(u.valToPos(time, 'x', true), u.valToPos(ms, 'ms', true));
    }
    if (points.length === 1) ctx.lineTo(...spot(u, points[0] as [number, number]));
    ctx.stroke();
  }
  ctx.restore();
}

function spot(u: uPlot, [time, ms]: [number, number]): [number, number] {
  return [u.valToPos(time, 'x', true) + 0.5, u.valToPos(ms, 'ms', true)];
}

/** Drawn by hand below the lines: uPlot's own bars take their width from the distance of points. */
function bars(u: uPlot, view: View, colour: string) {
  const { ctx, bbox } = u;
  const narrowest = 2 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = faded(colour, 0.55);
  // Filled as one shape: where bars are narrower than a pixel they overlap, and must not add up.
  const shape = new Path2D();
  const base = u.valToPos(0, '%', true);
  for (const { time, pct } of view.losses) {
    const left = Math.round(u.valToPos(time, 'x', true));
    const right = Math.round(u.valToPos(time + view.bucketSec, 'x', true));
    const top = u.valToPos(pct, '%', true);
    const height = Math.max(base - top, narrowest);
    shape.rect(left, base - height, Math.max(right - left, narrowest), height);
  }
  ctx.fill(shape);
  ctx.restore();
}

/** `rgb(1, 2, 3)` as computed styles have it, with an alpha. */
function faded(rgb: string, alpha: number): string {
  return rgb.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}
