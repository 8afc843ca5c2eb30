import { expect, test } from 'vitest';
import { spanOf } from './span';

const at = (minutes: number) => new Date(minutes * 60_000).toISOString();

test('an alert is shown with as much before and after it, and never the future', () => {
  const hour = { triggered_at: at(1000), resolved_at: at(1060) };
  expect(spanOf(hour, 9e9)).toEqual({ from: 940 * 60, to: 1120 * 60 });
  expect(spanOf({ ...hour, resolved_at: null }, 1002 * 60_000)).toEqual({
    from: 985 * 60,
    to: 1002 * 60,
  });
});
