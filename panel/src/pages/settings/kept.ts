/** What a controller keeps how long, and what its look-ups have, in words. */

import type { DataSource } from '../../wire';
import { count } from '../../words/numbers';
import { say } from '../../words/en/settings';

export const keptWords = (): Readonly<Record<string, string>> => ({
  'data.retention_days': say.resultsAndWhatChanged,
  'flows.minutes_days': say.trafficByTheMinute,
  'flows.hours_days': say.trafficByTheHour,
  'flows.days_days': say.trafficByTheDay,
  'jobs.kept_days': say.runsOfJobs,
  'alerts.delivery_days': say.noticesThatWereSent,
  'data.audit_days': say.whoChangedWhat,
});

export const sourceNames = (): Readonly<Record<string, { name: string; for: string }>> => ({
  'lookups.geoip_city': { name: say.geoipCity, for: say.geoipCityFor },
  'lookups.geoip_country': { name: say.geoipCountry, for: say.geoipCountryFor },
  'lookups.geoip_asn': { name: say.geoipAsn, for: say.geoipAsnFor },
  'lookups.oui_file': { name: say.oui, for: say.ouiFor },
});

const OLD_DAYS = 180;

/** One line on a source: "of 2026-10-01", "not set", what is wrong; `warn`: somebody should look. */
export function sourceWords(
  { state, built_at, entries, reason }: DataSource,
  now: number,
): { words: string; warn: boolean } {
  if (state === 'missing') return { words: say.notSet, warn: false };
  if (state === 'failed') return { words: reason || say.cannotBeRead, warn: true };
  if (reason) return { words: say.newerNotUsed(reason), warn: true };
  if (built_at === null) return { words: say.blocks(count(entries ?? 0)), warn: false };
  const days = Math.floor((now - Date.parse(built_at)) / 86_400_000);
  const old = days > OLD_DAYS;
  return { words: say.builtAt(built_at.slice(0, 10), old ? say.daysOld(days) : ''), warn: old };
}
