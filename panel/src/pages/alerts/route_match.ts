/** Which alerts a route of notices is for, as it is typed and as it is read. */

import { wireWord } from '../../text/wire_word';
import type { Hours, NoticeRoute } from '../../wire';
import { say as amounts } from '../../words/en/amounts';
import { say } from '../../words/en/alerts';

export type Match = NoticeRoute['match'];

/** Of "env=production, site=Lisbon". What has no = is left out. */
export function labelsTyped(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((one) => {
    const [name = '', ...value] = one.split('=');
    return name.trim() && value.length ? [[name.trim(), value.join('=').trim()] as const] : [];
  });
  return Object.fromEntries(pairs);
}

export function labelsText(labels: Match['labels']): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ');
}

export const noMatch = (): Match => ({
  labels: {},
  severities: [],
  rule_ids: [],
  agent_ids: [],
  probe_types: [],
  metrics: [],
});

/** By their ids; who is gone has none. */
interface Names {
  rules: ReadonlyMap<number, string>;
  sites: ReadonlyMap<number, string>;
}

/** So many are named; of more it is said how many. */
const NAMED = 3;

/** "critical; env=production; Lisbon or Porto"; "all alerts" where nothing narrows it. */
export function matchWords(match: Match, { rules, sites }: Names): string {
  const some = (ids: readonly number[], names: ReadonlyMap<number, string>, many: string) =>
    ids.length > NAMED ? many : ids.map((id) => names.get(id) ?? `#${id}`).join(say.or);
  const said = [
    match.severities.map(wireWord).join(say.or),
    labelsText(match.labels),
    match.probe_types.join(say.or),
    match.metrics.map(wireWord).join(say.or),
    some(match.rule_ids, rules, amounts.rules(match.rule_ids.length)),
    some(match.agent_ids, sites, amounts.sites(match.agent_ids.length)),
  ];
  return said.filter(Boolean).join('; ') || say.allAlerts;
}

/** "mon, tue 20:00 – 07:00 Europe/Rome" */
export function hoursWords({ weekdays = [], from, to, timezone = 'UTC' }: Hours): string {
  const days = weekdays.map(wireWord).join(', ');
  return `${days ? `${days} ` : ''}${from} – ${to} ${timezone}`;
}
