import { afterEach, expect, test, vi } from 'vitest';
import { fullMoment, inputMoment, ofInput } from './text/age';
import { wallClock } from './wall_clock.svelte';

const at = Date.parse('2026-03-29T01:30:05Z');

afterEach(() => {
  wallClock.utc = false;
  vi.unstubAllGlobals();
});

test('in UTC the same instant is written and read, whatever the place', () => {
  wallClock.utc = true;
  expect(fullMoment(at)).toBe('2026-03-29 01:30:05');
  expect(inputMoment(at)).toBe('2026-03-29T01:30');
  expect(ofInput('2026-03-29T01:30')).toBe(at - 5000);
  expect(ofInput('')).toBeNull();
  expect(wallClock.zone).toBe('UTC');
});

test('the choice is kept in the browser', () => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', { setItem: (key: string, value: string) => kept.set(key, value) });
  wallClock.switch();
  expect(wallClock.utc).toBe(true);
  wallClock.switch();
  expect([...kept]).toEqual([['forepost.times', 'local']]);
});
