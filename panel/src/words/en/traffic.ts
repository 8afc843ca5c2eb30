/** Flows and address groups. */

import { inLanguage, type Word } from '../language.svelte';

export const say = inLanguage('traffic', {
  latencyOfThisSite: 'Latency of this site',
  addressesHint:
    'Addresses: IPv4, IPv6, prefixes, MAC; one a line, or with spaces or commas between',
  chooseAgent: 'Choose at least one agent, or all of them.',
  addGroup: 'Add group',
  newGroup: 'New group',
  noGroup: 'No group yet. A group names some addresses, and agents tag their traffic by it.',
  onTheAgents: 'On the agents',
  noAgent: 'No agent yet.',
  takeNone: (n: Word, all: Word) =>
    `No groups go to agents that meter nothing and have no socket, or never connected: ${n} of ${all}.`,
  forAgents: 'For',
  upToDate: 'Up to date',
  allAgents: 'all agents',
  agentGone: (id: Word) => `agent ${id} (gone)`,
  andMoreNames: (n: Word) => ` and ${n} more`,
  notOnlyThis: (name: Word) => `Not only this ${name}`,
  scopeSite: 'site',
  notOnlyThisSite: 'Not only this site',
  showAll: 'Show all',
  nothingReported:
    'No agent reported traffic in this time. An agent meters the interfaces that its settings name in',
  inOut: (down: Word, up: Word, reports: Word, history: Word) =>
    `${down} in, ${up} out in ${reports}; ${history}`,
  listsOf: (share: Word) => `The lists are made of the largest talks: ${share} of this traffic.`,
  share: 'Share',
  withoutAName: 'without a name',
  allOthers: 'all others',
  conversations: 'Conversations',
  devices: 'Devices',
  remoteSides: 'Remote sides',
  device: 'Device',
  remoteSide: 'Remote side',
  ofPacketsDropped: (share: Word) => `${share} of packets dropped`,
  notInspected: (share: Word) => `${share} not inspected`,
  notCounting: (n: Word) => `not counting for ${n} s`,
  notInspecting: (n: Word) => `not inspecting for ${n} s`,
  trafficOfThisGroup: 'Traffic of this group',
  changeGroup: 'Change group',
  deleteGroup: 'Delete group',
  deleteQuestion: (name: Word, addresses: Word) =>
    `Delete ${name} with ${addresses}? Agents forget it, and tag no traffic by it any more. What they have reported stays.`,
  onAgents: (share: Word) => `On the agents: ${share} up to date`,
  agentsGone: 'The agents that it is for are no longer there.',
  noneTakes:
    'It is for all agents, and none takes groups: they meter nothing and have no socket, or never connected.',
  filterAddresses: 'Filter addresses',
  empty: 'Nobody is in it, so it tags no traffic.',
  removeOne: (address: Word) => `Remove ${address}`,
  firstOf: (shown: Word, n: Word) => `The first ${shown} of ${n}: filter to see others.`,
  addressesToChange: 'Addresses to add or remove: one a line, or with spaces or commas between',
  applications: 'Applications',
  application: 'Application',
  byAddress: 'address',
});
