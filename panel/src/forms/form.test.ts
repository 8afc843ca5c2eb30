import { expect, test } from 'vitest';
import { changed } from './form';

test('Of a changed body only what is another is said', () => {
  const before = { name: 'a', schedule: { type: 'once' }, agents: [1] };
  expect(changed(before, { name: 'a', schedule: null, agents: [1] })).toEqual({ schedule: null });
});
