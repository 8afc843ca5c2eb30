/** A chart as a picture to be handed on: what is drawn, and above it what it is of. */

export interface Caption {
  title: string;
  words: string;
  lines: readonly { name: string; colour: string }[];
}

const MARGIN_PX = 16;
const ROW_PX = 20;

/** What is drawn of one colour: an SVG path. */
export interface Shape {
  d: string;
  colour: string;
  filled: boolean;
}

/** Of the page, so that a dark chart has a dark ground. */
export interface Look {
  ground: string;
  text: string;
  dim: string;
}

/** A chart of paths within `room`, with the words of its axes, drawn as wide as it is in the page. */
export function paths(
  shapes: readonly Shape[],
  room: { width: number; height: number },
  shown: { width: number; height: number; top: string; times: readonly string[] },
  look: Look,
): HTMLCanvasElement {
  const scale = devicePixelRatio;
  const made = document.createElement('canvas');
  made.width = shown.width * scale;
  made.height = (shown.height + 2 * ROW_PX) * scale;
  const ink = made.getContext('2d');
  if (!ink) return made;
  ink.scale(scale, scale);
  ink.fillStyle = look.dim;
  ink.font = '12px system-ui, sans-serif';
  ink.textBaseline = 'middle';
  ink.fillText(shown.top, 0, ROW_PX / 2);
  shown.times.forEach((time, at) => {
    ink.textAlign = at === 0 ? 'left' : at === shown.times.length - 1 ? 'right' : 'center';
    const x = (shown.width * at) / Math.max(1, shown.times.length - 1);
    ink.fillText(time.replace(/\n/g, ' '), x, shown.height + 1.5 * ROW_PX);
  });
  const stretch = new DOMMatrix()
    .translate(0, ROW_PX)
    .scale(shown.width / room.width, shown.height / room.height);
  ink.lineWidth = 1.6;
  ink.lineJoin = 'round';
  for (const { d, colour, filled } of shapes) {
    const path = new Path2D();
    path.addPath(new Path2D(d), stretch);
    ink.fillStyle = ink.strokeStyle = colour;
    if (filled) ink.fill(path);
    else ink.stroke(path);
  }
  return made;
}

/** The used colours of custom properties, which hold `light-dark(…)`. */
export function coloursOf(element: HTMLElement): (variable: string) => string {
  const style = getComputedStyle(element);
  return (variable) => {
    const before = element.style.color;
    element.style.color = `var(--${variable})`;
    const colour = style.color;
    element.style.color = before;
    return colour;
  };
}

export function saveFile(name: string, kind: 'csv' | 'txt' | 'png', content: Blob) {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name.replace(/[^\w.-]+/g, '-')}.${kind}`;
  link.click();
  URL.revokeObjectURL(address);
}

export function picture(
  chart: HTMLCanvasElement,
  { title, words, lines }: Caption,
  look: Look,
): HTMLCanvasElement {
  const scale = devicePixelRatio;
  const head = MARGIN_PX + ROW_PX * (2 + lines.length) + 6;
  const made = document.createElement('canvas');
  made.width = chart.width + 2 * MARGIN_PX * scale;
  made.height = chart.height + (head + MARGIN_PX) * scale;
  const ink = made.getContext('2d');
  if (!ink) return made;
  ink.fillStyle = look.ground;
  ink.fillRect(0, 0, made.width, made.height);
  ink.drawImage(chart, MARGIN_PX * scale, head * scale);
  ink.scale(scale, scale);
  ink.textBaseline = 'middle';
  const write = (text: string, x: number, row: number, colour: string, font: string) => {
    ink.fillStyle = colour;
    ink.font = `${font} system-ui, sans-serif`;
    ink.fillText(text, x, MARGIN_PX + ROW_PX * (row + 0.5));
  };
  write(title, MARGIN_PX, 0, look.text, '600 15px');
  write(words, MARGIN_PX, 1, look.dim, '12px');
  lines.forEach(({ name, colour }, i) => {
    ink.fillStyle = colour;
    ink.fillRect(MARGIN_PX, MARGIN_PX + ROW_PX * (i + 2.5) - 5, 10, 10);
    write(name, MARGIN_PX + 16, i + 2, look.text, '12px');
  });
  return made;
}
