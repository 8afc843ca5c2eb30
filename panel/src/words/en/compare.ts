/** Several lines on one axis. */

import { counted } from '../numbers';
import { inLanguage, type Word } from '../language.svelte';

export const say = inLanguage('compare', {
  addALine: 'Add a line',
  theSameTargetFrom: 'The same target from',
  onOneAxis: (lines: Word) => `${lines} on one axis; this address shows them again`,
  probesGone: (n: number) =>
    `${counted(n, { one: 'probe', other: 'probes' })} of this address ${n === 1 ? 'is' : 'are'} not there any more.`,
  leaveOut: 'Leave out',
  nothingMeasured: 'Nothing was measured in this time.',
  chooseProbes: 'Choose two or more probes; or begin on the page of one: Compare.',
  leaveOutLine: (name: Word) => `Leave out ${name}`,
  tooMany: (lines: Word, most: Word) => `${lines} more: only ${most} can be told apart.`,
  line: 'Line',
  leastMost: 'Least – most',
});
