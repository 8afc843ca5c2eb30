import { expect, test } from 'vitest';
import { joinLines } from './join';

const of = (origin: string) => ({ origin, workspace: 1, agent: 2, pin: '123456789' });

test('the line names the controller as the browser found it, and says where it is not sealed', () => {
  expect(joinLines('host', of('https://noc.example'))[0]).toBe(
    'forepost join https://noc.example --workspace 1 --agent 2 --pin 123456789',
  );
  expect(joinLines('host', of('http://192.0.2.5:8080'))[0]).toMatch(/ --allow-plain$/);
  expect(joinLines('host', of('http://127.0.0.1:8080'))[0]).not.toMatch(/plain/);
});

test('NetWatcher has its own names for all of it', () => {
  expect(joinLines('netwatcher', of('https://noc.example:8443'))).toEqual([
    'CONTROLLER_HOST=noc.example:8443\nCONTROLLER_SSL=true\nWORKSPACE_ID=1\nAGENT_ID=2\nAGENT_PIN=123456789',
  ]);
});
