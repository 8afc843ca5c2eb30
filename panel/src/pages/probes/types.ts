/** The types of probes that a person can add, in the words of what they are for. */

import { say } from '../../words/en/probes';

export interface ProbeType {
  type: string;
  what: () => string;
  /** In the field of targets; empty: it has none. */
  target: string;
}

export const TYPES: readonly ProbeType[] = [
  { type: 'PING', what: () => say.ping, target: '192.0.2.1' },
  { type: 'MTR', what: () => say.mtr, target: '192.0.2.1' },
  {
    type: 'HTTP',
    what: () => say.http,
    target: 'https://example.com/',
  },
  { type: 'TLS', what: () => say.tls, target: 'example.com:443' },
  { type: 'DNS', what: () => say.dns, target: 'example.com' },
  { type: 'TCP', what: () => say.tcp, target: '192.0.2.1:22' },
  { type: 'UDP', what: () => say.udp, target: '192.0.2.1:53' },
  { type: 'WEBSOCKET', what: () => say.websocket, target: 'wss://example.com/' },
  { type: 'SMTP', what: () => say.smtp, target: 'mail.example.com' },
  { type: 'SSH', what: () => say.ssh, target: '192.0.2.1' },
  { type: 'MQTT', what: () => say.mqtt, target: '192.0.2.1' },
  { type: 'REDIS', what: () => say.redis, target: '192.0.2.1' },
  { type: 'NTP', what: () => say.ntp, target: 'ntp.example.com' },
  { type: 'SNMP', what: () => say.snmp, target: '192.0.2.1' },
  { type: 'TRAFFICSIM', what: () => say.trafficsim, target: '192.0.2.1:5000' },
  { type: 'AGENT', what: () => say.agentBothWays, target: '' },
  { type: 'SYSINFO', what: () => say.sysinfo, target: '' },
  { type: 'NETINFO', what: () => say.netinfo, target: '' },
];
