/** A chart as a picture to be handed on: what is drawn, and above it what it is of. */

export interface Caption {
  title: string;
  words: string;
  lines: readonly { name: string; colour: string }[];
}

const MARGIN_PX = 16;
const ROW_PX = 20;

/** `look`: of the page, so that a dark chart has a dark ground. */
export function picture(
  chart: HTMLCanvasElement,
  { title, words, lines }: Caption,
  look: { ground: string; text: string; dim: string },
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
