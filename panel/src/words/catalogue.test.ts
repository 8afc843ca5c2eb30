import { afterEach, expect, test } from 'vitest';
import { ms } from '../text/units';
import { BODIES, OPTIONS } from '../fields';
import { texts } from './de';
import { say as amounts } from './en/amounts';
import { say as general } from './en/general';
import { language, preferred } from './language.svelte';

type Subject = Record<string, unknown>;

const ENGLISH = import.meta.glob<{ say: Subject }>('./en/*.ts', { eager: true });
const SOURCES = import.meta.glob<string>(['../**/*.svelte', '../**/*.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
/** Read by words of the wire, which no source names. */
const BY_WIRE = ['fields', 'states'];
const subjects = Object.entries(ENGLISH).map(([path, { say }]) => ({
  subject: path.replace(/^.*\/|\.ts$/g, ''),
  say,
}));

afterEach(() => {
  language.texts = null;
  language.code = 'en';
});

function speakGerman() {
  language.texts = texts;
  language.code = 'de';
}

test.each(subjects)('German has all of $subject, and nothing is empty', ({ subject, say }) => {
  const english = Object.entries({ ...say });
  speakGerman();
  const spoken = texts[subject as keyof typeof texts] as Subject;
  for (const [key, text] of english) {
    expect(typeof spoken[key], key).toBe(typeof text);
    expect(say[key], key).toBe(spoken[key]);
    if (typeof text === 'string') expect(String(spoken[key]).trim(), key).not.toBe('');
  }
});

test.each(subjects.filter(({ subject }) => !BY_WIRE.includes(subject)))(
  'every text of $subject is used',
  ({ subject, say }) => {
    const users = Object.entries(SOURCES).flatMap(([file, source]) => {
      const named = new RegExp(
        `import \\{ say(?: as (\\w+))? \\} from '[^']*words/en/${subject}'`,
      ).exec(source);
      return named && !file.endsWith('.test.ts') ? [{ source, alias: named[1] ?? 'say' }] : [];
    });
    const unused = Object.keys({ ...say }).filter(
      (key) =>
        !users.some(({ source, alias }) => new RegExp(`\\b${alias}\\s*\\.${key}\\b`).test(source)),
    );
    expect(unused).toEqual([]);
  },
);

test('every field of a form has a German name, and no other has one', () => {
  const named = Object.keys(texts.fields);
  const fields = [...Object.values(BODIES), ...Object.values(OPTIONS)].flat();
  expect(new Set(named)).toEqual(new Set(fields.map((field) => field.name)));
});

test('the language that is chosen is the one that is read', () => {
  expect([general.cancel, amounts.agents(1), amounts.results(25_000)]).toEqual([
    'Cancel',
    '1 agent',
    '25,000 results',
  ]);
  expect(ms(12.34)).toBe('12.3 ms');
  speakGerman();
  expect([general.cancel, amounts.agents(1), amounts.results(25_000)]).toEqual([
    'Abbrechen',
    '1 Agent',
    '25.000 Ergebnisse',
  ]);
  expect(ms(12.34)).toBe('12,3 ms');
});

test.each([
  [['de-AT', 'en'], 'de'],
  [['fr', 'de', 'en'], 'de'],
  [['en-GB', 'de'], 'en'],
  [['fr'], 'en'],
  [[], 'en'],
])('a browser that asks for %j is answered in %s', (tags, code) =>
  expect(preferred(tags)).toBe(code),
);
