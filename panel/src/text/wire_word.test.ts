import { expect, test } from 'vitest';
import { wireWord } from './wire_word';

test.each([
  ['rule_changed', 'rule changed'],
  ['acknowledged', 'acknowledged'],
  ['never_heard_of', 'never heard of'],
])('%s reads %s', (word, text) => expect(wireWord(word)).toBe(text));
