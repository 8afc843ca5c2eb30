import type { say } from '../en/tools';

export const tools: typeof say = {
  subtitle: 'einmal, jetzt, von einem Ihrer Standorte',
  noSite: 'Noch kein Standort, also niemand zu fragen.',
  runOnce: 'Einmal ausführen',
  fromWhichSite: 'Von welchem Standort',
  fromSite: (name) => `von ${name}`,
  running: 'Läuft …',
  run: 'Ausführen',
  mayOnlyLook: 'Wer ändern darf, darf einen Standort messen lassen; Sie dürfen lesen.',
  askedBefore: (name) => `Frühere Anfragen, von ${name}`,
  answer: 'Antwort',
  who: 'Wer',
  took: (target, time) => `${target}, dauerte ${time}`,
  wholeAnswer: 'Die ganze Antwort',
  whoseAddress: 'Wem gehört die Adresse?',
  lookUpAddress: 'Adresse nachschlagen',
  addressExample: '192.0.2.1 oder 2001:db8::1',
  lookUp: 'Nachschlagen',
  network: 'Netz',
};
