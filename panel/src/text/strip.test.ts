import { expect, test } from 'vitest';
import { stripWords } from './strip';

const times = { cells_from: '', cell_sec: 1800 };

test('a strip is told by how long each state lasted, worst first', () => {
  expect(stripWords('oowd..o.', times)).toBe(
    '4 h: down 30 min, not fine 30 min, nothing measured 1 h 30 min',
  );
  expect(stripWords('oooo', times)).toBe('2 h: fine');
});
