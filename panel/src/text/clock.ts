/** Less than this is the Date header's own coarseness and the way of the answer. */
const NOISE_MS = 2_000;

/** How far the controller's clock is ahead of ours, from the Date header of an answer. */
export function offsetOf(date: string | null, sentAt: number, receivedAt: number): number | null {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return null;
  // The header drops the fraction of its second: half of one is the fair guess.
  const offset = theirs + 500 - (sentAt + receivedAt) / 2;
  return Math.abs(offset) < NOISE_MS ? 0 : Math.round(offset);
}
