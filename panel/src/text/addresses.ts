/** The members of address groups as people write them: in lines, with commas, or both. */

/** Each as it was written; the controller says which of them is none. */
export function addressesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

/** Those that have all of these words in them. */
export function matching(addresses: readonly string[], words: string): readonly string[] {
  const wanted = addressesIn(words.toLowerCase());
  if (wanted.length === 0) return addresses;
  return addresses.filter((one) => wanted.every((word) => one.includes(word)));
}
