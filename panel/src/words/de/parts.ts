import type { say } from '../en/parts';

export const parts: typeof say = {
  agentsThatGetIt: 'Agenten, die sie bekommen',
  allAgents: 'Alle des Arbeitsbereichs',
  onlyThese: 'Nur diese',
  inSeconds: (n) => `in ${n} s`,
  copy: 'Kopieren',
  tryAgain: 'Erneut versuchen',
  tryingAgain: 'Neuer Versuch läuft …',
  whereYouAre: 'Wo Sie sind',
  andMore: (agents) => `und ${agents}`,
  filterAgents: 'Agenten filtern',
  chosen: (agents) => `${agents} gewählt`,
  firstShown: (shown, found) => `; die ersten ${shown} von ${found} sind zu sehen`,
  pageTitle: (name) => `${name} · forepost`,
  filterBy: (by) => `Filtern: ${by}`,
  yes: (what) => `Ja: ${what}`,
  byName: 'Name',
};
