import { afterEach, expect, test } from 'vitest';
import { texts } from '../words/de';
import { language } from '../words/language.svelte';
import { reasonWords } from './reason';

const REASONS = [
  ['not heard of', 'nichts gehört'],
  ['2 of 9 probes: 198.18.2.10: no answer', '2 von 9 Messungen: 198.18.2.10: keine Antwort'],
  ['198.18.2.10: 16 % lost', '198.18.2.10: 16 % verloren'],
  ['198.18.2.10: 3 of 5 lost', '198.18.2.10: 3 von 5 verloren'],
  ['no result in the last 15 min', 'kein Ergebnis in den letzten 15 min'],
  ['the certificate of CN=x ends in 6 days', 'the certificate of CN=x ends in 6 days'],
  ['packet_loss', 'packet_loss'],
  ['', ''],
] as const;

afterEach(() => {
  language.texts = null;
});

test.each(REASONS)('%s stays as it came in English', (reason) =>
  expect(reasonWords(reason)).toBe(reason),
);

test.each(REASONS)('%s is said in German', (reason, german) => {
  language.texts = texts;
  expect(reasonWords(reason)).toBe(german);
});
