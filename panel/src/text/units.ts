/** Numbers with their units. A dash stands for "not known", never a zero. */

import { fixed, plain } from '../words/numbers';

export const UNKNOWN = '–';

/** A time in ms to three digits: always ms, so that a column can be compared at a glance. */
export function ms(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return `${digits(value)} ms`;
}

export function digits(value: number): string {
  const size = Math.abs(value);
  if (size < 9.995) return fixed(value, size < 0.9995 ? 3 : 2);
  return fixed(value, size < 99.95 ? 1 : 0);
}

/** A number of which nothing more is known, without the digits that nobody measured. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return plain(value);
  return plain(Number(Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(3)));
}

/** Loss in percent. Some loss never reads as none, and a little success never as total loss. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (value <= 0) return '0 %';
  if (value >= 100) return '100 %';
  if (value < 0.05) return `< ${fixed(0.1, 1)} %`;
  if (value > 99.9) return `> ${fixed(99.9, 1)} %`;
  const text = fixed(value, value < 10 || value > 99 ? 1 : 0);
  return `${text.replace(/[.,]0$/, '')} %`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  let left = value;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${unit === 0 || left >= 99.95 ? fixed(left, 0) : fixed(left, 1)} ${units[unit]}`;
}

/** Bytes a second, as lines are sold: in bits, by thousands. */
export function rate(bytesPerSec: number): string {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  let unit = 0;
  let left = 8 * bytesPerSec;
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 || left >= 99.95 ? fixed(left, 0) : fixed(left, 1)} ${units[unit]}`;
}

/** An interval as it was set: "5 s", "90 s", "5 min", "1 h". */
export function interval(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds >= 120 && seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}
