/** What stands at the ticks of the axes. */

import { wallClock } from '../wall_clock.svelte';
import { fixed } from '../words/numbers';

const DAY = 86_400;

/** 24-hour times; the date below, at the first tick and where the day changes. */
export function timeLabels(ticks: readonly number[], step: number): string[] {
  let before = '';
  return ticks.map((tick) => {
    const at = wallClock.shown(tick * 1000);
    const day = `${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
    if (step >= DAY) return day;
    const time = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
    const label = step < 60 ? `${time}:${pad(at.getSeconds())}` : time;
    const changed = day !== before;
    before = day;
    return changed ? `${label}\n${day}` : label;
  });
}

/** Where uPlot puts ticks of time, in seconds: at the hours of the clock on the wall. */
export function tickDate(at: number): Date {
  return wallClock.shown(at * 1000);
}

/** Just as many decimals as tell two ticks apart. */
export function msLabels(ticks: readonly number[], step: number): string[] {
  let decimals = 0;
  while (
    decimals < 4 &&
    Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6
  ) {
    decimals += 1;
  }
  return ticks.map((tick) => `${fixed(tick, decimals)} ms`);
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
