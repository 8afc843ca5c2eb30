/** Labels by which agents are chosen, as they are typed. */

type Labels = Record<string, string | boolean | number>;

export function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}

/** "site: Porto, main: true": true, false and whole numbers are what they are. */
export function labelsOf(text: string): Labels {
  return Object.fromEntries(
    text.split(',').flatMap((one) => {
      const [name = '', ...rest] = one.split(':');
      const value = rest.join(':').trim();
      if (!name.trim()) return [];
      const meant = value === 'true' ? true : value === 'false' ? false : value;
      return [[name.trim(), /^-?(0|[1-9]\d{0,14})$/.test(value) ? Number(value) : meant]];
    }),
  );
}
