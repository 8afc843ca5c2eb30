import { expect, test } from 'vitest';
import { body, changes, labelOf, typed, valueOf, type Field } from './field';

const field = (kind: Field['kind'], more: Partial<Field> = {}): Field => ({
  name: 'x',
  kind,
  help: '',
  ...more,
});

test('a name is read as words, with its unit beside it', () => {
  expect(labelOf('trigger_loss_pct')).toEqual({ words: 'Trigger loss', unit: '%' });
  expect(labelOf('dns_server')).toEqual({ words: 'DNS server', unit: '' });
  expect(labelOf('days')).toEqual({ words: 'Days', unit: '' });
});

test('what is typed comes back as what the wire takes, and as it was', () => {
  const cases: [Field, unknown][] = [
    [field('integer'), 5],
    [field('texts'), ['a', 'b']],
    [field('numbers'), [200, 301]],
    [field('pairs'), { Accept: 'text/html', Host: 'a:80' }],
    [field('choice', { choices: [1, 2] }), 2],
    [field('choices', { choices: ['mon'] }), ['mon']],
    [field('text'), 'a b'],
  ];
  for (const [of, value] of cases) expect(valueOf(of, typed(of, value))).toEqual(value);
});

test('what nobody said is not sent, nor a tick that is as usual', () => {
  const fields = [
    { ...field('text'), name: 'a' },
    { ...field('boolean', { usual: true }), name: 'b' },
    { ...field('boolean', { usual: false }), name: 'c' },
    { ...field('number'), name: 'd' },
  ];
  expect(body(fields, { a: '  ', b: true, c: true, d: '0' })).toEqual({ c: true, d: 0 });
});

test('of an edit only what is another is sent, and what was emptied as nothing', () => {
  const fields = [
    { ...field('text', { usual: '' }), name: 'a' },
    { ...field('number', { optional: true }), name: 'b' },
    { ...field('boolean', { usual: true }), name: 'c' },
    { ...field('texts', { usual: [] }), name: 'd' },
  ];
  const before = { a: 'x', b: '5', c: false, d: 'one' };
  expect(changes(fields, before, before)).toEqual({});
  expect(changes(fields, { a: '', b: '', c: true, d: '' }, before)).toEqual({
    ...{ a: '', b: null, c: true, d: [] },
  });
});
