import { expect, test } from 'vitest';
import { mtr } from '../paths/fixtures';
import { chartCsv, findingText, traceText } from './report';

test('A trace as mtr prints it', () => {
  expect(traceText(mtr(['a', '']))).toBe(
    [
      'Hop  Host            Loss  Snt  Last   Avg  Best  Wrst  StDev',
      '1.   a.example (a)    0 %   10  10.0  10.0  10.0  10.0  0.000',
      '2.   no answer      100 %   10     –     –     –     –      –',
    ].join('\n'),
  );
});

test('A finding, with what is known only', () => {
  const grid = { title: 'Answers', columns: [['Type'], ['Value']] as const, rows: [['A', 'x']] };
  const facts: [string, string | false][] = [
    ['Code', 'NOERROR'],
    ['Over', false],
  ];
  const text = findingText({ words: 'Fine.', tone: 'fine', facts, grids: [grid] });
  expect(text).toBe('Fine.\n\nCode: NOERROR\n\nAnswers\nType  Value\nA     x');
});

test('A chart as CSV; what was lost has no time, and no text is a formula', () => {
  const point = { time: 1_800_000_000, count: 2, loss_pct: 100 };
  const none = { rtt_min_ms: null, rtt_p50_ms: null, rtt_p95_ms: null, rtt_max_ms: null };
  const curve = { agent_id: 3, type: 'PING', target_agent: 0, points: [{ ...point, ...none }] };
  expect(chartCsv([{ ...curve, target: '=a,"b"' }])).toBe(
    'time,agent_id,type,target,results,loss_pct,rtt_min_ms,rtt_p50_ms,rtt_p95_ms,rtt_max_ms\r\n' +
      '2027-01-15T08:00:00.000Z,3,PING,"\'=a,""b""",2,100,,,,\r\n',
  );
});
