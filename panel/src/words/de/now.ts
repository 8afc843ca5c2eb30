import type { say } from '../en/now';

export const now: typeof say = {
  openIncidents: 'Offene Störungen',
  none: 'Keine.',
  sinceMoment: (at) => `seit ${at}`,
  changed: 'In 24 Stunden geändert',
  nothingChanged: 'Keine Route, keine Adresse, kein Zertifikat, keine Version.',
  theFirstHour: 'Die erste Stunde',
  dismiss: 'Nicht mehr zeigen',
  addASite: 'Standort hinzufügen',
  measureSomething: 'Etwas von dort messen',
  whereNoticesGo: 'Festlegen, wohin Benachrichtigungen gehen',
  inviteAColleague: 'Jemanden einladen',
};
