/** Forms that are made of the fields of the wire. */

import { inLanguage, type Word } from '../language.svelte';

export const say = inLanguage('forms', {
  range: (least: Word, most: Word) => `${least} to ${most}`,
  usual: (usual: Word) => `usual ${usual}`,
  pairsHint: 'Name: value, one a line',
  listHint: 'One a line',
  unitDays: 'days',
  unitBytes: 'bytes',
});
