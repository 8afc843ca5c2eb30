/** The part of time that shows an alert: its length before and after it. */

import { whole } from '../../chart/range';
import { instant } from '../../text/age';
import type { Alert } from '../../wire';

const LEAST_MS = 15 * 60_000;

export function spanOf(
  alert: Pick<Alert, 'triggered_at' | 'resolved_at'>,
  now: number,
): { from?: number; to?: number } {
  const began = instant(alert.triggered_at);
  if (began === null) return {};
  const ended = instant(alert.resolved_at ?? '') ?? now;
  const around = Math.max(LEAST_MS, ended - began);
  return { ...whole((began - around) / 1000, Math.min(now, ended + around) / 1000) };
}
