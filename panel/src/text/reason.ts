/** Reasons of the controller in the language of the panel, as far as they are of a closed set. */

import { say as states } from '../words/en/states';
import { say } from '../words/en/text';

const known: Readonly<Record<string, string>> = states;
const SHAPES: readonly [RegExp, (...found: string[]) => string][] = [
  [/^(\d+) of (\d+) probes$/, (some, all) => say.someProbes(some!, all!)],
  [/^([\d.]+) % lost$/, (share) => say.lostShare(share!)],
  [/^(\d+) of (\d+) lost$/, (some, all) => say.lostOf(some!, all!)],
  [/^no result in the last (\d+) min$/, (minutes) => say.noResultMinutes(minutes!)],
];

/** "2 of 9 probes: 198.18.2.10: no answer": each part by itself; what is not known stays as it came. */
export const reasonWords = (reason: string): string => reason.split(': ').map(part).join(': ');

function part(words: string): string {
  for (const [shape, said] of SHAPES) {
    const found = shape.exec(words);
    if (found) return said(...found.slice(1));
  }
  return known[words] ?? words;
}
