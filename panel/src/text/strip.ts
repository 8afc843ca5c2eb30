/** Strips of states in words. */

import { duration } from './age';
import { say } from '../words/en/text';

export interface StripTimes {
  /** Start of the first cell. */
  cells_from: string;
  cell_sec: number;
}

/** "24 h: down 30 min, not fine 1 h, nothing measured 2 h", or "24 h: fine". */
export function stripWords(states: string, { cell_sec }: StripTimes): string {
  const lasting = (letter: string) => {
    const cells = [...states].filter((one) => one === letter).length;
    return cells && duration(cells * cell_sec * 1000);
  };
  const said = [
    [say.down, lasting('d')],
    [say.notFine, lasting('w')],
    [say.nothingMeasured, lasting('.')],
  ].flatMap(([word, time]) => (time ? [`${word} ${time}`] : []));
  const whole = duration(states.length * cell_sec * 1000);
  return `${whole}: ${said.join(', ') || say.fine}`;
}
