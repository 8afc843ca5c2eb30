/** What the search finds, best first. */

export interface Found {
  kind: 'site' | 'target' | 'page';
  name: string;
  /** Beside the name; empty: the kind stands there. */
  more: string;
  to: string;
}

const MOST = 12;

/** Those that have all the words; a name that begins with what was typed comes first. */
export function best(known: readonly Found[], typed: string): Found[] {
  const whole = typed.trim().toLowerCase();
  const words = whole.split(/\s+/).filter(Boolean);
  const rank = (one: Found) => {
    const name = one.name.toLowerCase();
    if (name === whole) return 0;
    if (name.startsWith(whole)) return 1;
    return name.includes(whole) ? 2 : 3;
  };
  return known
    .filter((one) => words.every((word) => `${one.name} ${one.more}`.toLowerCase().includes(word)))
    .map((one, at) => ({ one, at, rank: rank(one) }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .slice(0, MOST)
    .map(({ one }) => one);
}
