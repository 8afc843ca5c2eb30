/** Which alerts a route of notices is for, as it is typed and as it is read. */

import type { NoticeRoute } from '../../wire';

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
  const counted = (number: number, one: string) =>
    number ? `${number} ${one}${number > 1 ? 's' : ''}` : '';
  const said = [
    match.severities.join(' or '),
    labelsText(match.labels),
    match.probe_types.join(' or '),
    match.metrics.join(' or '),
    counted(match.rule_ids.length, 'rule'),
    counted(match.agent_ids.length, 'site'),
  ];
  return said.filter(Boolean).join('; ') || 'all alerts';
}
