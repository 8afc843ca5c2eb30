/** What is asked once, and whose an address is. */

import { inLanguage, type Word } from '../language.svelte';

export const say = inLanguage('tools', {
  subtitle: 'once, now, from a site of yours',
  noSite: 'No site yet, so there is nobody to ask.',
  runOnce: 'Run once',
  fromWhichSite: 'From which site',
  fromSite: (name: Word) => `from ${name}`,
  running: 'Running …',
  run: 'Run',
  mayOnlyLook: 'Whoever may change things may ask a site; you may look.',
  askedBefore: (name: Word) => `Asked before, from ${name}`,
  answer: 'Answer',
  who: 'Who',
  took: (target: Word, time: Word) => `${target}, took ${time}`,
  wholeAnswer: 'All of the answer',
  whoseAddress: 'Whose address is it?',
  lookUpAddress: 'Look up an address',
  addressExample: '192.0.2.1 or 2001:db8::1',
  lookUp: 'Look up',
  network: 'Network',
});
