/** What a share link is of, until when, and how its address is said. */

import type { Window } from '../../chart/range';
import { moment } from '../../text/age';
import type { NewShareLink, ShareLink } from '../../wire';
import { say as amounts } from '../../words/en/amounts';
import { say } from '../../words/en/shares';

export const DAYS = [1, 7, 30] as const;
const DAY_SEC = 86_400;

export interface Wish {
  days: number;
  password: string;
  probe: number;
  /** Only this part of time; null: as it goes on. */
  snapshot: Window | null;
}

export function newLink({ days, password, probe, snapshot }: Wish): NewShareLink {
  const at = (second: number) => new Date(second * 1000).toISOString();
  return {
    expires_in_seconds: days * DAY_SEC,
    probe_id: probe,
    ...(password && { password }),
    ...(snapshot && { shown_from: at(snapshot.from), shown_to: at(snapshot.to) }),
  };
}

/** From when to when; or that it goes on. */
export function shows(link: Pick<ShareLink, 'shown_from' | 'shown_to'>, now: number): string {
  if (!link.shown_from || !link.shown_to) return say.asItGoesOn;
  const [from, to] = [Date.parse(link.shown_from), Date.parse(link.shown_to)];
  return `${moment(from, now)} – ${moment(to, now)}`;
}

/** How often it was opened. */
export function openings(link: Pick<ShareLink, 'access_count'>): string {
  return link.access_count === 0
    ? say.neverOpened
    : say.openedTimes(amounts.times(link.access_count));
}
