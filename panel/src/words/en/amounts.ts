/** Numbers of things. */

import { inLanguage } from '../language.svelte';
import { counted } from '../numbers';

const of = (one: string, other: string) => (n: number) => counted(n, { one, other });

export const say = inLanguage('amounts', {
  addresses: of('address', 'addresses'),
  agents: of('agent', 'agents'),
  alerts: of('alert', 'alerts'),
  answers: of('answer', 'answers'),
  attempts: of('attempt', 'attempts'),
  days: of('day', 'days'),
  events: of('event', 'events'),
  jobs: of('job', 'jobs'),
  lines: of('line', 'lines'),
  messagesThatWereNoAnswer: of('message that was no answer', 'messages that were no answer'),
  microservices: of('microservice', 'microservices'),
  moreAgents: of('more agent', 'more agents'),
  packets: of('packet', 'packets'),
  peers: of('peer', 'peers'),
  probes: of('probe', 'probes'),
  recoveryCodes: of('recovery code', 'recovery codes'),
  routeChanges: of('route change', 'route changes'),
  sites: of('site', 'sites'),
  redirects: of('redirect', 'redirects'),
  reports: of('report', 'reports'),
  restarts: of('restart', 'restarts'),
  results: of('result', 'results'),
  rules: of('rule', 'rules'),
  times: of('time', 'times'),
  values: of('value', 'values'),
});
