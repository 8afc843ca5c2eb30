/** Words of the wire as a person reads them. */

import { say } from '../words/en/states';

const known: Readonly<Record<string, string>> = say;

/** A state, kind or event in the language of the panel; what is not known stays as it came. */
export function wireWord(word: string): string {
  const plain = word.replaceAll('_', ' ');
  return known[plain] ?? plain;
}
