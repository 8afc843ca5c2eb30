/** Targets and sites, ways and how they changed. */

import { inLanguage, type Word } from '../language.svelte';
import { counted } from '../numbers';

export const say = inLanguage('paths', {
  hops: (changes: Word) => `hops: ${changes}`,
  theSameWay: 'the same way',
  noWayKnown: (sites: Word) => ` Of ${sites} no way is known.`,
  nobodyCanTell: (sites: Word) =>
    `Nobody can tell: of ${sites} no way to it is known. An MTR probe would show it.`,
  bothSuffer: 'Both that suffer',
  allSuffer: (n: Word) => `All ${n} that suffer`,
  sharedHop: (who: string, hop: Word) =>
    `Not one site alone: ${who.toLowerCase()} go through ${hop}, the first hop that they have in common. `,
  thereOrBehind: 'It is there or behind it.',
  nobodyFine: 'Nobody who is fine does: it is there or close behind it.',
  soDoFine: (fine: number, well: number) =>
    `So do ${fine} of ${counted(well, { one: 'site', other: 'sites' })} that ${well === 1 ? 'is' : 'are'} fine: rather the target, or each on its own way there.`,
  onlyTarget: (who: Word) =>
    `${who} have no hop in common but the target itself: it is the target, or each has a trouble of its own.`,
  nothingInCommon: (who: Word) => `${who} have no hop in common: each has a trouble of its own.`,
  onlySuffers: (site: Word) => `Only ${site} suffers`,
  wayKnown: (site: Word) => `Of ${site} the way is known`,
  ratherSite: ': rather that site, or the service itself',
  lostNothing: (subject: Word, rather: Word) =>
    `${subject}, and its last trace lost nothing${rather}.`,
  ownFirstHop: (subject: Word, begins: Word) =>
    `${subject}, and loss begins at its own first hop, ${begins}.`,
  lossBehind: (subject: Word, before: Word, begins: Word) =>
    `${subject}. Its packets come well as far as ${before}; loss begins behind it, at ${begins}.`,
  hopAt: (ttl: Word, hop: Word) => `hop ${ttl}, ${hop}`,
  ofNetwork: (network: Word) => ` of ${network}`,
  moreNames: (n: Word) => `${n} more`,
  namesAnd: (names: Word, last: Word) => `${names} and ${last}`,
  subtitle: 'who measures what; RTT in ms, or loss where there is some',
  filterTargets: 'Filter targets',
  filterBy: 'target or site',
  noTarget: 'No target has a name like that.',
  noProbeYet: 'No probe yet.',
  notMeasured: 'not measured',
  fineFrom: (n: Word) => `fine from ${n}`,
  notKnownOf: (unknown: Word, all: Word) => `${unknown} of ${all} not known`,
  notFineOf: (ill: Word, all: Word) => `${ill} of ${all} not fine`,
  noAnswer: 'no answer',
  nothingWasMeasured: 'Nothing was measured.',
  answeredAt: (ttl: Word) => `The target answered at hop ${ttl}.`,
  lastHeard: (ttl: Word, hop: Word) =>
    `The target did not answer; the last that did is hop ${ttl}, ${hop}.`,
  nobodyAnswered: 'Nobody answered, not even the first hop.',
  fineFromAll: (n: Word) => `fine from all ${n} sites`,
  notFineFrom: (ill: Word, all: Word) => `not fine from ${ill} of ${all} sites`,
  nobodyMeasures: 'No site measures this, or nothing has come of it in the last minutes.',
  lostAt: (rtt: Word, share: Word) => `${rtt}, ${share} lost`,
  close: 'Close',
  hopNew: '+ new',
  hopGone: '− gone',
  hopChanged: '± changed',
  isItUs: 'Is it us?',
  network: 'Network',
  sent: 'Sent',
  lostHere: 'So much is lost here or before.',
  seldomAnswers: (share: Word) =>
    `Behind it only ${share} are lost: this router answers seldom, and passes packets on.`,
  route: 'route',
  earlierResult: 'Earlier result',
  result: 'Result',
  laterResult: 'Later result',
  newest: 'Newest',
  newestOf: (time: Word) => `, the newest of ${time}`,
  oneRoute: 'one route',
  noResult: 'No result in this time.',
  lookAt7Days: 'Look at 7 days',
  routeChanges: 'Route changes',
  whatChanged: 'What changed',
  andBefore: (n: Word) => `and ${n} before`,
  targetsBySites: 'Targets by sites',
  allSites: 'All sites',
  lossShare: (share: Word) => `loss ${share}`,
  rttTime: (time: Word) => `RTT ${time}`,
  routeStretch: (letter: Word, times: Word, results: Word) =>
    `Route ${letter}, ${times}, ${results}`,
  newHops: (n: number) => `${n} new`,
  goneHops: (n: number) => `${n} gone`,
  changedHops: (n: number) => `${n} changed`,
});
