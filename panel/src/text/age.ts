/** How long ago something was, and what that says about an agent. */

import { wallClock } from '../wall_clock.svelte';
import { say } from '../words/en/text';

/** Older evidence than this is no evidence that the agent still reports. */
export const FRESH_MS = 90_000;
/** Clocks differ a little everywhere; only more than this is worth a word. */
const SKEW_MS = 5_000;

/** The instant in ms, or null for "never" (the year 1) and for what is no time at all. */
export function instant(text: string | undefined): number | null {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

/** "3 s", "5 min", "2 h 10 min", "4 d 3 h": two units at most. */
export function duration(ms: number): string {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return two(h, 'h', min % 60, 'min');
  return two(Math.floor(h / 24), 'd', h % 24, 'h');
}

function two(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** "3 s ago", "never"; a time in the future is said to be one, never hidden. */
export function age(at: number | null, now: number): string {
  if (at === null) return say.never;
  const past = now - at;
  if (past < -SKEW_MS) return say.ahead(duration(-past));
  return say.ago(duration(Math.max(0, past)));
}

export type Standing = 'reporting' | 'silent' | 'never';

export function standing(at: number | null, now: number): Standing {
  if (at === null) return 'never';
  return now - at < FRESH_MS ? 'reporting' : 'silent';
}

export function standingWords(at: number | null, now: number): string {
  if (at === null) return say.neverSeen;
  return standing(at, now) === 'reporting' ? say.reporting : say.silentSince(moment(at, now));
}

/** Time on the wall, with the date where it is not today's. */
export function moment(at: number, now: number): string {
  const time = clockTime(at).slice(0, 5);
  return day(at) === day(now) ? time : `${day(at)} ${time}`;
}

/** Date and time to the second. */
export function fullMoment(at: number): string {
  return `${day(at)} ${clockTime(at)}`;
}

/** As an `<input type="datetime-local">` has it. */
export function inputMoment(at: number): string {
  return `${day(at)}T${clockTime(at).slice(0, 5)}`;
}

/** The instant in ms; null where the field is empty. */
export function ofInput(text: string): number | null {
  const ms = wallClock.read(text);
  return Number.isNaN(ms) ? null : ms;
}

function day(at: number): string {
  const d = wallClock.shown(at);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

function clockTime(at: number): string {
  const d = wallClock.shown(at);
  return `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
