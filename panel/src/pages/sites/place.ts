/** Where sites stand on a map of the world, in px, and which of them stand together. */

import { worseFirst, STATUS_WORDS, type Status } from '../../text/status';
import type { Site } from '../../wire';
import { say } from '../../words/en/sites';

export interface Degrees {
  latitude: number;
  longitude: number;
}

/** A part of Mercator's map: px for a radian, and where its middle is. */
export interface View {
  scale: number;
  translate: [x: number, y: number];
}

export interface Room {
  width: number;
  height: number;
}

/** One site, or several that stand too close to each other for a dot each. */
export interface Mark {
  x: number;
  y: number;
  /** Worst first. */
  sites: [Site, ...Site[]];
  status: Status;
}

const MARGIN_PX = 64;
/** Together within so many px. */
const CLOSE_PX = 30;
/** Of the earth's circumference, seen at once at the closest: about 40 km. */
const CLOSEST = 1000;
const MOST_LATITUDE = 84;

/** The sites' part of the map; of the whole world where there is none. */
export function viewOf(places: readonly Degrees[], { width, height }: Room, zoom = 1): View {
  const least = width / (2 * Math.PI);
  const points = places.map(unit);
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right] = places.length ? [Math.min(...xs), Math.max(...xs)] : [-Math.PI, Math.PI];
  const [up, down] = places.length ? [Math.min(...ys), Math.max(...ys)] : [-1.9, 1.1];
  const fit = Math.min(
    Math.max(width - 2 * MARGIN_PX, width / 2) / Math.max(right - left, 1e-9),
    Math.max(height - 2 * MARGIN_PX, height / 2) / Math.max(down - up, 1e-9),
  );
  // One site alone is not shown closer than its country.
  const most = places.length > 1 ? least * CLOSEST : least * 16;
  const scale = Math.min(Math.max(Math.min(fit, most) * zoom, least), least * CLOSEST);
  const middle = [(left + right) / 2, (up + down) / 2] as const;
  // The whole world has no other side.
  const x = scale === least ? 0 : middle[0];
  return { scale, translate: [width / 2 - scale * x, height / 2 - scale * middle[1]] };
}

export function pointOf(place: Degrees, { scale, translate }: View): [x: number, y: number] {
  const [x, y] = unit(place);
  return [scale * x + translate[0], scale * y + translate[1]];
}

export function placeAt(x: number, y: number, { scale, translate }: View): Degrees {
  const longitude = (((x - translate[0]) / scale) * 180) / Math.PI;
  const latitude = (Math.atan(Math.sinh((translate[1] - y) / scale)) * 180) / Math.PI;
  return { latitude, longitude: ((((longitude + 180) % 360) + 360) % 360) - 180 };
}

/** What is worst is last: it is drawn above the rest. */
export function marksOf(sites: readonly Site[], view: View): Mark[] {
  const marks: Mark[] = [];
  for (const site of sites.toSorted((a, b) => worseFirst(a.verdict.status, b.verdict.status))) {
    if (!site.place) continue;
    const [x, y] = pointOf(site.place, view);
    const near = marks.find((one) => Math.hypot(one.x - x, one.y - y) < CLOSE_PX);
    if (near) near.sites.push(site);
    else marks.push({ x, y, sites: [site], status: site.verdict.status });
  }
  return marks.reverse();
}

/** "Lisbon: down", "5 sites: 1 down, 4 fine". */
export function markWords({ sites }: Mark): string {
  if (sites.length === 1) return `${sites[0].name}: ${STATUS_WORDS[sites[0].verdict.status]}`;
  const counts = new Map<Status, number>();
  for (const { verdict } of sites)
    counts.set(verdict.status, (counts.get(verdict.status) ?? 0) + 1);
  const said = [...counts].map(([status, number]) => `${number} ${STATUS_WORDS[status]}`);
  return say.sitesOf(sites.length, said.join(', '));
}

/** "38.7200, -9.1400" */
export const degreesWords = ({ latitude, longitude }: Degrees) =>
  `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;

/** Where the metadata of a site say that it stands; null: they do not. */
export function placeOf(metadata: Readonly<Record<string, unknown>> | null): Degrees | null {
  const { latitude, longitude } = metadata ?? {};
  return typeof latitude === 'number' && typeof longitude === 'number'
    ? { latitude, longitude }
    : null;
}

/** Of "38.72, -9.14"; null where it is none. */
export function degreesOf(text: string): Degrees | null {
  const found = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  if (!found) return null;
  const [latitude, longitude] = [Number(found[1]), Number(found[2])];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}

function unit({ latitude, longitude }: Degrees): [x: number, y: number] {
  const held = Math.max(-MOST_LATITUDE, Math.min(MOST_LATITUDE, latitude));
  const radians = (held * Math.PI) / 180;
  return [(longitude * Math.PI) / 180, -Math.asinh(Math.tan(radians))];
}
