/** The page Now: incidents, sites, what changed, the first hour. */

import { inLanguage, type Word } from '../language.svelte';

export const say = inLanguage('now', {
  openIncidents: 'Open incidents',
  none: 'None.',
  sinceMoment: (at: Word) => `since ${at}`,
  changed: 'Changed in 24 hours',
  nothingChanged: 'No route, address, certificate or version.',
  theFirstHour: 'The first hour',
  dismiss: 'Do not show this again',
  addASite: 'Add a site',
  measureSomething: 'Measure something from it',
  whereNoticesGo: 'Say where notices go',
  inviteAColleague: 'Invite a colleague',
});
