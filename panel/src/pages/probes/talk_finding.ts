/** What results of services say that are asked once: SSH, SMTP, MQTT, REDIS, WEBSOCKET; and NTP. */

import { ms } from '../../text/units';
import type {
  GrpcResult,
  MqttResult,
  NtpResult,
  RedisResult,
  SmtpResult,
  SshResult,
  WebsocketResult,
} from '../../wire';
import { measured, sentence, type Finding, type Payload } from './finding';
import { say as general } from '../../words/en/general';
import { say } from '../../words/en/findings';

export type ServiceResult =
  GrpcResult | SshResult | SmtpResult | MqttResult | RedisResult | WebsocketResult;
/** All that any of them may say. */
type Said = Partial<
  GrpcResult & SshResult & SmtpResult & MqttResult & RedisResult & WebsocketResult
>;

export function talkFinding(payload: Payload<ServiceResult>): Finding {
  const of = payload as Said;
  const who = of.software || of.greeting || of.version || of.subprotocol || '';
  const time = (value: number | undefined) => measured(value) !== null && ms(value);
  return {
    words: of.error ? sentence(of.error) : say.answeredIn(ms(of.answer_ms), who && `: ${who}`),
    tone: of.error ? 'bad' : 'fine',
    facts: [
      [say.software, of.software && [of.software, of.comments].filter(Boolean).join(' ')],
      [say.greeting, of.greeting],
      [general.version, of.version || of.protocol_version],
      [say.role, of.role],
      [say.loggedIn, of.logged_in && general.yes],
      [say.messages, Boolean(of.messages) && `${of.messages}`],
      [say.returnCode, Boolean(of.return_code) && `${of.return_code}`],
      ['HTTP', Boolean(of.status_code) && `${of.status_code}`],
      [say.status, of.serving_status],
      [say.subprotocol, of.subprotocol],
      [say.offers, of.extensions?.join(', ')],
      [say.lookingUpTheName, time(of.dns_lookup_ms)],
      [say.connecting, time(of.tcp_connect_ms)],
      ['TLS', of.tls_version && `${of.tls_version}, ${ms(of.tls_handshake_ms)}`],
      [say.answer, time(of.answer_ms)],
      [say.pingInIt, of.ping_ms != null && ms(of.ping_ms)],
      [general.address, of.remote_addr],
      [say.missed, of.missed_addrs?.join(', ')],
    ],
    grids: [],
  };
}

export function ntpFinding(of: Payload<NtpResult>): Finding {
  const known = (value: number | null | undefined) => value != null && ms(value);
  const offset = of.offset_ms;
  return {
    words: of.error
      ? sentence(of.error)
      : offset != null
        ? say.clockIs(ms(Math.abs(offset)), offset < 0)
        : say.noOffset,
    tone: of.error ? 'bad' : 'fine',
    facts: [
      [say.clockOffset, offset != null && `${offset < 0 ? '−' : '+'}${ms(Math.abs(offset))}`],
      ['RTT', known(of.rtt_ms)],
      [say.stratum, of.stratum != null && `${of.stratum}`],
      [say.reference, of.reference],
      [say.leapSecond, of.leap && of.leap !== 'none' && of.leap],
      [say.rootDelay, known(of.root_delay_ms)],
      [say.rootDispersion, known(of.root_dispersion_ms)],
      [say.ownClockError, known(of.agent_clock_error_ms)],
      [say.lookingUpTheName, measured(of.dns_lookup_ms) !== null && ms(of.dns_lookup_ms)],
      [general.address, of.remote_addr],
    ],
    grids: [],
  };
}
