/** What a controller keeps how long, and what its look-ups have, in words. */

import type { DataSource } from '../../wire';

export const KEPT: Readonly<Record<string, string>> = {
  'data.retention_days': 'Results and what changed',
  'flows.minutes_days': 'Traffic by the minute',
  'flows.hours_days': 'Traffic by the hour',
  'flows.days_days': 'Traffic by the day',
  'jobs.kept_days': 'Runs of jobs',
  'alerts.delivery_days': 'Notices that were sent',
  'data.audit_days': 'Who changed what',
};

export const SOURCES: Readonly<Record<string, { name: string; for: string }>> = {
  'lookups.geoip_city': { name: 'GeoIP, cities', for: 'places of addresses, the map' },
  'lookups.geoip_country': { name: 'GeoIP, countries', for: 'countries of addresses' },
  'lookups.geoip_asn': { name: 'GeoIP, networks', for: 'whose network an address is in' },
  'lookups.oui_file': { name: 'Vendors of MAC addresses', for: 'who made a device' },
};

const OLD_DAYS = 180;

/** One line on a source: "of 2026-10-01", "not set", what is wrong; `warn`: somebody should look. */
export function sourceWords(
  { state, built_at, entries, reason }: DataSource,
  now: number,
): { words: string; warn: boolean } {
  if (state === 'missing') return { words: 'not set', warn: false };
  if (state === 'failed') return { words: reason || 'cannot be read', warn: true };
  if (reason) return { words: `the newer file is not used: ${reason}`, warn: true };
  if (built_at === null)
    return { words: `${(entries ?? 0).toLocaleString('en')} blocks`, warn: false };
  const days = Math.floor((now - Date.parse(built_at)) / 86_400_000);
  const old = days > OLD_DAYS;
  return { words: `of ${built_at.slice(0, 10)}${old ? `, ${days} days old` : ''}`, warn: old };
}
