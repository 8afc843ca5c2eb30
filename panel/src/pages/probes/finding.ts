/** What a result says, in words and figures: the same for the page and for a text to take along. */

import type { Parts } from '../../api/sites';

export type Tone = 'fine' | 'warn' | 'bad';
export type Fact = [name: string, value: string | undefined | false];

export interface Grid {
  title: string;
  columns: readonly (readonly [name: string, kind?: 'number' | 'wide'])[];
  rows: readonly (readonly string[])[];
  /** Of the rows; what is not there is fine. */
  tones?: readonly Tone[];
}

export interface Finding {
  /** One or more sentences. */
  words: string;
  tone: Tone;
  facts: Fact[];
  grids: Grid[];
}

/** A payload of whatever make of agent: any part may be missing. */
export type Payload<T> = Parts<T>;

/** Parts that were not reached are 0. */
export function measured(value: number | null | undefined): number | null {
  return value ? value : null;
}

/** "2026-12-24"; empty where it is no time. */
export function day(text: string | undefined): string {
  return /^\d{4}-\d{2}-\d{2}/.exec(text ?? '')?.[0] ?? '';
}

/** With a capital at its beginning and a stop at its end. */
export function sentence(words: string): string {
  const whole = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
