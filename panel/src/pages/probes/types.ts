/** The types of probes that a person can add, in the words of what they are for. */

export interface ProbeType {
  type: string;
  what: string;
  /** In the field of targets; empty: it has none. */
  target: string;
}

export const TYPES: readonly ProbeType[] = [
  { type: 'PING', what: 'Is a host there, how far and how reliably?', target: '192.0.2.1' },
  { type: 'MTR', what: 'Which way do packets go, and where are they lost?', target: '192.0.2.1' },
  {
    type: 'HTTP',
    what: 'Does a site answer, how fast and with what?',
    target: 'https://example.com/',
  },
  { type: 'TLS', what: 'Is the certificate good, and until when?', target: 'example.com:443' },
  { type: 'DNS', what: 'Does a name resolve, and how fast?', target: 'example.com' },
  { type: 'TCP', what: 'Does a port accept connections?', target: '192.0.2.1:22' },
  { type: 'SNMP', what: 'What does a device say of itself?', target: '192.0.2.1' },
  { type: 'TRAFFICSIM', what: 'How would a call sound?', target: '192.0.2.1:5000' },
  { type: 'AGENT', what: 'Another site, both ways: PING, MTR, voice', target: '' },
  { type: 'SYSINFO', what: 'Processor, memory and disks of the host', target: '' },
  { type: 'NETINFO', what: 'Addresses, interfaces and routes of the host', target: '' },
];
