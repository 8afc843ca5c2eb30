import type { say } from '../en/amounts';
import { counted } from '../numbers';

const of = (one: string, other: string) => (n: number) => counted(n, { one, other });

export const amounts: typeof say = {
  addresses: of('Adresse', 'Adressen'),
  agents: of('Agent', 'Agenten'),
  alerts: of('Alarm', 'Alarme'),
  answers: of('Antwort', 'Antworten'),
  attempts: of('Versuch', 'Versuche'),
  days: of('Tag', 'Tage'),
  events: of('Ereignis', 'Ereignisse'),
  jobs: of('Job', 'Jobs'),
  lines: of('Linie', 'Linien'),
  messagesThatWereNoAnswer: of(
    'Nachricht, die keine Antwort war',
    'Nachrichten, die keine Antwort waren',
  ),
  microservices: of('Microservice', 'Microservices'),
  moreAgents: of('weiterer Agent', 'weitere Agenten'),
  packets: of('Paket', 'Pakete'),
  peers: of('Peer', 'Peers'),
  probes: of('Messung', 'Messungen'),
  recoveryCodes: of('Wiederherstellungscode', 'Wiederherstellungscodes'),
  routeChanges: of('Routenwechsel', 'Routenwechsel'),
  sites: of('Standort', 'Standorte'),
  redirects: of('Weiterleitung', 'Weiterleitungen'),
  reports: of('Bericht', 'Berichte'),
  restarts: of('Neustart', 'Neustarts'),
  results: of('Ergebnis', 'Ergebnisse'),
  rules: of('Regel', 'Regeln'),
  times: of('Mal', 'Mal'),
  values: of('Wert', 'Werte'),
};
