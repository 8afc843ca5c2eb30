/** A small line without axes. */

/** An SVG path; a gap where a value is null, a dot where one stands alone. Zero is at the bottom. */
export function sparkPaths(
  values: readonly (number | null)[],
  width: number,
  height: number,
): string {
  const top = Math.max(0, ...values.map((value) => value ?? 0)) * 1.1 || 1;
  const step = width / Math.max(1, values.length - 1);
  let path = '';
  let drawing = false;
  values.forEach((value, at) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const [x, y] = [round(at * step), round(height - 1 - (value / top) * (height - 2))];
    const alone = !drawing && (values[at + 1] ?? null) === null;
    path += drawing ? `L${x} ${y}` : `M${x} ${y}${alone ? 'h1' : ''}`;
    drawing = true;
  });
  return path;
}

const round = (value: number) => Math.round(value * 10) / 10;
