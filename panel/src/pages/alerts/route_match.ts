/** Which alerts a route of notices is for, as it is typed and as it is read. */

import { wireWord } from '../../text/wire_word';
import type { NoticeRoute } from '../../wire';
import { say as amounts } from '../../words/en/amounts';
import { say } from '../../words/en/alerts';

type Match = NoticeRoute['match'];

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

/** "critical, env=production"; "all" where nothing narrows it. */
export function matchWords(match: Match): string {
  const said = [
    match.severities.map(wireWord).join(say.or),
    labelsText(match.labels),
    match.probe_types.join(say.or),
    match.metrics.join(say.or),
    match.rule_ids.length && amounts.rules(match.rule_ids.length),
    match.agent_ids.length && amounts.sites(match.agent_ids.length),
  ];
  return said.filter(Boolean).join('; ') || say.allAlerts;
}
