/** Fields of a form, as the wire has them: their values while they are typed, and the body then. */

import { say as names } from '../words/en/fields';
import { say } from '../words/en/forms';

export interface Field {
  name: string;
  kind:
    | 'text'
    | 'integer'
    | 'number'
    | 'boolean'
    | 'moment'
    | 'choice'
    | 'texts'
    | 'numbers'
    | 'choices'
    | 'pairs'
    | 'other';
  required?: boolean;
  /** It may be null. */
  optional?: boolean;
  /** What it is where it is left out. */
  usual?: unknown;
  least?: number;
  most?: number;
  longest?: number;
  choices?: readonly (string | number)[];
  help: string;
}

/** What stands in the inputs: a text, but for what is ticked. */
export type Typed = Record<string, string | boolean | string[]>;

const units = (): Readonly<Record<string, string>> => ({
  sec: 's',
  ms: 'ms',
  pct: '%',
  minutes: 'min',
  days: say.unitDays,
  bytes: say.unitBytes,
});

/** What is short on the wire. */
const LONGER: Readonly<Record<string, string>> = { cmd: 'command', env: 'environment' };

/** "timeout_sec" is "Timeout", in s, or what the catalogue says that it is. */
export function labelOf(name: string): { words: string; unit: string } {
  const parts = name.split('_');
  const unit = parts.length > 1 ? (units()[parts.at(-1) ?? ''] ?? '') : '';
  const named = unit ? parts.slice(0, -1) : parts;
  const words = named
    .map((part) => LONGER[part] ?? part)
    .join(' ')
    .replace(/\b(dns|tls|alpn|oids?|url|ip|dscp)\b/g, (word) => word.toUpperCase());
  return { words: names[name] ?? words.charAt(0).toUpperCase() + words.slice(1), unit };
}

/** What the inputs show of a value. */
export function typed(field: Field, value: unknown): Typed[string] {
  if (field.kind === 'boolean') return Boolean(value ?? field.usual);
  if (field.kind === 'choices') return Array.isArray(value) ? value.map(String) : [];
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join('\n');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, one]) => `${name}: ${String(one)}`)
      .join('\n');
  }
  return String(value);
}

/** The value that is meant; undefined: nothing was typed. */
export function valueOf(field: Field, text: Typed[string] | undefined): unknown {
  if (field.kind === 'boolean') return text === field.usual ? undefined : Boolean(text);
  if (Array.isArray(text)) return text.length ? text : undefined;
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  switch (field.kind) {
    case 'integer':
    case 'number':
      return Number(text);
    case 'choice':
      return field.choices?.find((one) => String(one) === text) ?? text;
    case 'texts':
      return lines;
    case 'numbers':
      return lines.map(Number);
    case 'pairs':
      return Object.fromEntries(
        lines.map((line) => {
          const [name = '', ...value] = line.split(':');
          return [name.trim(), value.join(':').trim()];
        }),
      );
    default:
      return text.trim();
  }
}

/** Only what was said: what is left out is as usual. */
export function body(fields: readonly Field[], said: Typed): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = valueOf(field, said[field.name]);
      return value === undefined ? [] : [[field.name, value]];
    }),
  );
}

/** Only what is another than it was: what was emptied is sent as nothing. */
export function changes(
  fields: readonly Field[],
  said: Typed,
  before: Typed,
): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter((field) => String(said[field.name]) !== String(before[field.name]))
      .map((field) => [field.name, valueOf(field, said[field.name]) ?? nothing(field, said)]),
  );
}

function nothing(field: Field, said: Typed): unknown {
  if (field.kind === 'boolean') return Boolean(said[field.name]);
  if (field.optional) return null;
  if (field.usual !== undefined) return field.usual;
  return field.kind === 'text' ? '' : null;
}
