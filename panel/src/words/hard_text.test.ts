import { expect, test } from 'vitest';
import { hardTexts } from './hard_text';

const SOURCES = import.meta.glob<string>(['../**/*.svelte', '../**/*.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
/** Written by tools, of tests, or the catalogue itself. */
const NONE = /\.test\.ts$|\/(wire|fields|fixtures)\.ts$|^\.\/|\/words\//;
/** Names, units and what programs read: the same in every language. */
const ALLOWED = [
  /^(forepost|UTC|pg_dump|[a-z]+\.[a-z_]+)$/,
  /^({} ?)+(ms|s|min|h|d|°C)( {} (min|h))?$/,
  /^([KMGTP]iB|[MGT]bit\/s|\d+ (min|h|d)|Loss|Host|Hop|Snt|Last|Avg|Best|Wrst|Worst|StDev|RTT)$/,
  /^(AS|MOS )\{\}|^group \{\}:$|^(agent )?\{\}( from agent \{\})?$|^agent \{\}$/,
  /^(VIEWER|USER|ADMIN|env=production)$|^(site=)?Lisbon(, .*)?$|^forepost (agent|backup |join )| --allow-plain/,
  /system-ui|rgba|prefers-color-scheme|^\d+ \d+px$|^[ML]\{\}/,
];

test.each([
  ['<p>Two words</p>', ['Two words']],
  ['<p title="Said">{say.more}</p>', ['Said']],
  ['<Menu label="More" icon="more" />', ['More']],
  ["<b>{busy ? 'Logging in …' : say.go}</b>", ['Logging in …']],
  ['<script>const x = `${n} more sites`;</script>', ['{} more sites']],
  ['<p class="sheet empty" data-testid="two words">× {count} {say.of}</p>', []],
])('%s', (source, found) => expect(hardTexts('x.svelte', source)).toEqual(found));

test('what people read is in the catalogue', { timeout: 60_000 }, () => {
  const found = Object.entries(SOURCES).flatMap(([file, source]) =>
    NONE.test(file)
      ? []
      : hardTexts(file, source)
          .filter((text) => !ALLOWED.some((one) => one.test(text)))
          .map((text) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});
