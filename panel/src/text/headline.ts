/** The state of a workspace in one or two sentences. */

import type { AgentHealth } from '../wire';
import { reasonWords } from './reason';
import { worseFirst, type Status } from './status';
import { say } from '../words/en/text';

const NAMED = 4;

/**
 * "Lisbon: not heard of since 11:48. Degraded: Leeds and Turin. Everything else is fine." `at` writes
 * a moment.
 */
export function headline(
  sites: readonly Pick<AgentHealth, 'name' | 'verdict'>[],
  at: (since: string) => string,
): string {
  const of = (status: Status) => sites.filter((site) => site.verdict.status === status);
  const down = of('critical');
  const degraded = of('degraded');
  const unknown = of('unknown');
  const fine = of('healthy');
  if (sites.length === 0) return say.noSite;
  const said = down.slice(0, 2).map(({ name, verdict }) => {
    const since = verdict.since ? say.sinceMoment(at(verdict.since)) : '';
    return `${name}: ${reasonWords(verdict.reason) || say.down}${since}.`;
  });
  if (down.length > 2) said.push(say.alsoDown(listed(down.slice(2))));
  if (degraded.length) said.push(say.degradedSites(listed(degraded)));
  if (unknown.length) said.push(say.notKnownSites(listed(unknown)));
  if (fine.length) said.push(said.length ? say.elseFine : say.allFine);
  return said.join(' ');
}

/** The worst state of any site. */
export function worst(sites: readonly Pick<AgentHealth, 'verdict'>[]): Status {
  return sites.map((site) => site.verdict.status).sort(worseFirst)[0] ?? 'unknown';
}

function listed(sites: readonly { name: string }[]): string {
  const names = sites.map((site) => site.name);
  if (names.length > NAMED) {
    return say.namesAndMore(names.slice(0, NAMED - 1).join(', '), names.length - NAMED + 1);
  }
  const last = names.pop() ?? '';
  return names.length ? say.namesAnd(names.join(', '), last) : last;
}
