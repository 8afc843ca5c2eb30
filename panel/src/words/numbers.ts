/** Numbers as the language of the panel writes them. */

import { language, type Code } from './language.svelte';

const plurals = new Map<Code, Intl.PluralRules>();
const grouped = new Map<Code, Intl.NumberFormat>();

/** "25,000 results": a number and what it is a number of, by the rules of the language. */
export function counted(n: number, forms: { one: string; other: string }): string {
  const rules = kept(plurals, () => new Intl.PluralRules(language.code));
  return `${count(n)} ${rules.select(n) === 'one' ? forms.one : forms.other}`;
}

/** "25,000". */
export function count(n: number): string {
  return kept(grouped, () => new Intl.NumberFormat(language.code)).format(n);
}

const whole = new Map<Code, Intl.NumberFormat>();
const fixedBy: Map<Code, Intl.NumberFormat>[] = [];

/** With so many digits behind the point, which is a comma elsewhere. */
export function fixed(value: number, digits: number): string {
  const formats = (fixedBy[digits] ??= new Map());
  const format = kept(
    formats,
    () =>
      new Intl.NumberFormat(language.code, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        useGrouping: false,
      }),
  );
  return format.format(value);
}

/** As it is, with all of its digits. */
export function plain(value: number): string {
  const options = { maximumFractionDigits: 20, useGrouping: false };
  return kept(whole, () => new Intl.NumberFormat(language.code, options)).format(value);
}

/** What is made once for each language. */
function kept<T>(made: Map<Code, T>, make: () => T): T {
  const found = made.get(language.code) ?? make();
  made.set(language.code, found);
  return found;
}
