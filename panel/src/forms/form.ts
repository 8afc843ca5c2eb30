/** Values of a form from what there is. */

import { typed, type Field, type Typed } from './field';

/** Those of an object that is edited; of a new one, `of` is empty and ticks are as usual. */
export function begin(fields: readonly Field[], of: Readonly<Record<string, unknown>>): Typed {
  return Object.fromEntries(fields.map((field) => [field.name, typed(field, of[field.name])]));
}

/** Parts of a body that are others than they were. */
export function changed(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
    ),
  );
}
