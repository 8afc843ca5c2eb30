import { geoMercator } from 'd3-geo';
import { expect, test } from 'vitest';
import type { Site } from '../../wire';
import {
  degreesOf,
  degreesWords,
  marksOf,
  markWords,
  placeAt,
  placeOf,
  pointOf,
  viewOf,
  type Degrees,
} from './place';

const LISBON = { latitude: 38.72, longitude: -9.14 };
const PORTO = { latitude: 41.15, longitude: -8.61 };
const TOKYO = { latitude: 35.68, longitude: 139.69 };
const ROOM = { width: 1000, height: 600 };
const site = (name: string, status: Site['verdict']['status'], place: Degrees | null) =>
  ({ name, verdict: { status }, place: place && { ...place, source: 'set' } }) as unknown as Site;

test('every site is within the picture, and in it where the outline of the world has it', () => {
  const view = viewOf([LISBON, PORTO, TOKYO], ROOM);
  const projection = geoMercator().scale(view.scale).translate(view.translate);
  for (const place of [LISBON, PORTO, TOKYO]) {
    const [x, y] = pointOf(place, view);
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(ROOM.width);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(ROOM.height);
    const drawn = projection([place.longitude, place.latitude]) ?? [];
    expect(drawn[0]).toBeCloseTo(x, 6);
    expect(drawn[1]).toBeCloseTo(y, 6);
  }
});

test('one site, two at one place, and none are shown, too', () => {
  for (const places of [[LISBON], [LISBON, LISBON], []]) {
    const { scale, translate } = viewOf(places, ROOM);
    expect([scale, ...translate].every(Number.isFinite)).toBe(true);
  }
  expect(viewOf([], ROOM).scale).toBeCloseTo(ROOM.width / (2 * Math.PI), 6);
});

test('where one points is where it is', () => {
  const view = viewOf([LISBON, TOKYO], ROOM);
  const found = placeAt(...pointOf(PORTO, view), view);
  expect(found.latitude).toBeCloseTo(PORTO.latitude, 6);
  expect(found.longitude).toBeCloseTo(PORTO.longitude, 6);
});

test('who stands close together is one mark, which says how many and the worst', () => {
  const sites = [
    site('Lisbon', 'healthy', LISBON),
    site('Porto', 'critical', PORTO),
    site('Tokyo', 'healthy', TOKYO),
    site('Nowhere', 'critical', null),
  ];
  const far = marksOf(sites, viewOf([LISBON, PORTO, TOKYO], ROOM));
  expect(far.map((one) => [one.status, markWords(one)])).toEqual([
    ['healthy', 'Tokyo: fine'],
    ['critical', '2 sites: 1 down, 1 fine'],
  ]);
  const near = marksOf(sites, viewOf([LISBON, PORTO], ROOM));
  expect(near.map(markWords)).toEqual(['Tokyo: fine', 'Lisbon: fine', 'Porto: down']);
});

test('degrees as people write them', () => {
  expect(degreesOf(' 38.72, -9.14 ')).toEqual(LISBON);
  expect(degreesOf('38.72 -9.14')).toEqual(LISBON);
  for (const wrong of ['', 'Lisbon', '91, 0', '0, 181', '1,2,3', '1']) {
    expect(degreesOf(wrong)).toBeNull();
  }
});

test('a place is read from metadata, and as it is written', () => {
  expect(placeOf({ latitude: 38.72, longitude: -9.14, rack: 'B2' })).toEqual(LISBON);
  expect(placeOf({ latitude: '38.72', longitude: -9.14 })).toBeNull();
  expect(placeOf(null)).toBeNull();
  expect(degreesOf(degreesWords(LISBON))).toEqual(LISBON);
});
