/** "Is it us?": what the ways of those who suffer have in common, in words. */

import { hostWords, type Hop } from './hops';
import { say } from '../../words/en/paths';

/** Two sites may have one name. */
export interface NamedSite {
  agent: number;
  site: string;
}

/** The newest way of a site to the target. */
export interface Trace extends NamedSite {
  hops: readonly Hop[];
  reached: boolean;
}

export interface Answer {
  kind: 'own' | 'shared' | 'target' | 'separate' | 'unknown';
  words: string;
  /** The first hop that all who suffer go through; the target is none. */
  hop?: Hop;
}

/** `suffering`: of some there may be no trace. null where nobody suffers. */
export function isItUs(suffering: readonly NamedSite[], traces: readonly Trace[]): Answer | null {
  if (suffering.length === 0) return null;
  const ids = new Set(suffering.map((one) => one.agent));
  const sick = traces.filter((one) => ids.has(one.agent));
  const well = traces.filter((one) => !ids.has(one.agent));
  const untraced = suffering.filter(({ agent }) => !sick.some((one) => one.agent === agent));
  const rest = untraced.length ? say.noWayKnown(list(untraced)) : '';
  const [first, second] = sick;
  if (!first) {
    const words = say.nobodyCanTell(list(suffering));
    return { kind: 'unknown', words };
  }
  const answer = second ? together(first, sick, well) : alone(first, suffering.length === 1);
  return { ...answer, words: answer.words + rest };
}

function together(first: Trace, sick: readonly Trace[], well: readonly Trace[]): Answer {
  const shared = first.hops.filter((hop) => sick.every((one) => passes(one, hop)));
  const hop = shared.find((one) => !isTarget(first, one));
  const who = sick.length === 2 ? say.bothSuffer : say.allSuffer(sick.length);
  if (hop) {
    const fine = well.filter((one) => passes(one, hop));
    const words =
      say.sharedHop(who, named(hop)) +
      (well.length === 0
        ? say.thereOrBehind
        : fine.length === 0
          ? say.nobodyFine
          : say.soDoFine(fine.length, well.length));
    return { kind: 'shared', words, hop };
  }
  if (shared.length > 0) {
    return {
      kind: 'target',
      words: say.onlyTarget(who),
    };
  }
  return {
    kind: 'separate',
    words: say.nothingInCommon(who),
  };
}

function alone(one: Trace, only: boolean): Answer {
  const subject = only ? say.onlySuffers(one.site) : say.wayKnown(one.site);
  const begins = one.hops.find((hop) => (hop.realLossPct ?? 0) > 0);
  if (!begins) {
    return {
      kind: only ? 'own' : 'unknown',
      words: say.lostNothing(subject, only ? say.ratherSite : ''),
    };
  }
  const before = one.hops.findLast((hop) => hop.ttl < begins.ttl && hop.hosts.length > 0);
  if (begins.ttl === 1 || !before) {
    return {
      kind: 'own',
      words: say.ownFirstHop(subject, hostWords(begins)),
      hop: begins,
    };
  }
  return {
    kind: 'own',
    words: say.lossBehind(subject, place(before), place(begins)),
    hop: begins,
  };
}

function passes(trace: Trace, hop: Hop): boolean {
  return trace.hops.some((other) =>
    other.hosts.some((host) => hop.hosts.some((one) => one.address === host.address)),
  );
}

function isTarget(trace: Trace, hop: Hop): boolean {
  return trace.reached && hop === trace.hops.at(-1);
}

function place(hop: Hop): string {
  return say.hopAt(hop.ttl, named(hop));
}

function named(hop: Hop): string {
  const network = hop.hosts[0]?.network;
  return `${hostWords(hop)}${network ? say.ofNetwork(network) : ''}`;
}

function list(sites: readonly NamedSite[]): string {
  const names = sites.map((one) => one.site);
  const shown = names.length > 4 ? [...names.slice(0, 3), say.moreNames(names.length - 3)] : names;
  return shown.length < 2
    ? shown.join('')
    : say.namesAnd(shown.slice(0, -1).join(', '), shown.at(-1) ?? '');
}
