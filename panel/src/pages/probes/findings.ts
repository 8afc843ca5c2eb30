/** What the last result of each type says; null for types that have a table or nothing of their own. */

import type {
  DnsResult,
  HttpResult,
  NetinfoResult,
  NtpResult,
  ResultRow,
  SnmpResult,
  SpeedtestPayload,
  SysinfoResult,
  TcpResult,
  TlsResult,
  TrafficSimResult,
  UdpResult,
} from '../../wire';
import type { Finding, Payload } from './finding';
import { netinfoFinding, sysinfoFinding } from './host_finding';
import { speedtestFinding, trafficSimFinding } from './line_finding';
import { ntpFinding, talkFinding, type ServiceResult } from './talk_finding';
import { dnsFinding, snmpFinding, tcpFinding, udpFinding } from './service_finding';
import { httpFinding, tlsFinding } from './web_finding';

export function finding({ type, payload }: Pick<ResultRow, 'type' | 'payload'>): Finding | null {
  if (typeof payload !== 'object' || payload === null) return null;
  switch (type) {
    case 'HTTP':
      return httpFinding(payload as Payload<HttpResult>);
    case 'TLS':
      return tlsFinding(payload as Payload<TlsResult>);
    case 'DNS':
      return dnsFinding(payload as Payload<DnsResult>);
    case 'TCP':
      return tcpFinding(payload as Payload<TcpResult>);
    case 'UDP':
      return udpFinding(payload as Payload<UdpResult>);
    case 'SSH':
    case 'SMTP':
    case 'MQTT':
    case 'REDIS':
    case 'WEBSOCKET':
      return talkFinding(payload as Payload<ServiceResult>);
    case 'NTP':
      return ntpFinding(payload as Payload<NtpResult>);
    case 'SNMP':
      return snmpFinding(payload as Payload<SnmpResult>);
    case 'SYSINFO':
      return sysinfoFinding(payload as Payload<SysinfoResult>);
    case 'NETINFO':
      return netinfoFinding(payload as Payload<NetinfoResult>);
    case 'SPEEDTEST':
      return speedtestFinding(payload as Payload<SpeedtestPayload>);
    case 'TRAFFICSIM':
      return trafficSimFinding(payload as Payload<TrafficSimResult>);
    default:
      return null;
  }
}
