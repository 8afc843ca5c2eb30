/** When to try again. */

export const FIRST_MS = 500;
export const CAP_MS = 30_000;

/**
 * The pause before try number `attempt` (0 is the first again): doubling up to the cap, between
 * half and all of it at random, so that a thousand panels do not return at the same moment.
 */
export function pause(attempt: number, random: () => number = Math.random): number {
  const whole = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(attempt, 30));
  return (whole / 2) * (1 + random());
}
