/** Small parts that many pages have. */

import { inLanguage, type Word } from '../language.svelte';

export const say = inLanguage('parts', {
  agentsThatGetIt: 'Agents that get it',
  allAgents: 'All of the workspace',
  onlyThese: 'Only these',
  inSeconds: (n: Word) => `in ${n} s`,
  copy: 'Copy',
  tryAgain: 'Try again',
  tryingAgain: 'Trying again …',
  whereYouAre: 'Where you are',
  andMore: (agents: Word) => `and ${agents}`,
  filterAgents: 'Filter agents',
  chosen: (agents: Word) => `${agents} chosen`,
  firstShown: (shown: Word, found: Word) => `; the first ${shown} of ${found} are shown`,
  pageTitle: (name: Word) => `${name} · forepost`,
  filterBy: (by: Word) => `Filter by ${by}`,
  yes: (what: string) => `Yes, ${what.toLowerCase()}`,
  byName: 'name',
});
