import type { say } from '../en/traffic';

export const traffic: typeof say = {
  latencyOfThisSite: 'Latenz dieses Standorts',
  addressesHint:
    'Adressen: IPv4, IPv6, Präfixe, MAC; je Zeile eine, oder mit Leerzeichen oder Kommas dazwischen',
  chooseAgent: 'Mindestens einen Agenten wählen, oder alle.',
  addGroup: 'Gruppe hinzufügen',
  newGroup: 'Neue Gruppe',
  noGroup:
    'Noch keine Gruppe. Eine Gruppe gibt Adressen einen Namen, und Agenten ordnen ihren Verkehr danach zu.',
  onTheAgents: 'Auf den Agenten',
  noAgent: 'Noch kein Agent.',
  takeNone: (n, all) =>
    `Keine Gruppen bekommen Agenten, die keinen Verkehr erfassen und keinen Socket haben oder nie verbunden waren: ${n} von ${all}.`,
  forAgents: 'Für',
  upToDate: 'Aktuell',
  allAgents: 'alle Agenten',
  agentGone: (id) => `Agent ${id} (entfernt)`,
  andMoreNames: (n) => ` und ${n} weitere`,
  notOnlyThis: (name) => `${name}: nicht nur dies`,
  scopeSite: 'Standort',
  notOnlyThisSite: 'Nicht nur dieser Standort',
  showAll: 'Alles zeigen',
  nothingReported:
    'Kein Agent hat in dieser Zeit Verkehr gemeldet. Ein Agent erfasst die Schnittstellen, die seine Einstellungen nennen, unter',
  inOut: (down, up, reports, history) => `${down} ein, ${up} aus; ${reports}; ${history}`,
  listsOf: (share) =>
    `Die Listen entstehen aus den größten Verbindungen: ${share} dieses Verkehrs.`,
  share: 'Anteil',
  withoutAName: 'ohne Namen',
  allOthers: 'alle anderen',
  conversations: 'Verbindungen',
  devices: 'Geräte',
  remoteSides: 'Gegenstellen',
  device: 'Gerät',
  remoteSide: 'Gegenstelle',
  ofPacketsDropped: (share) => `${share} der Pakete verworfen`,
  notInspected: (share) => `${share} nicht untersucht`,
  notCounting: (n) => `${n} s lang nicht gezählt`,
  notInspecting: (n) => `${n} s lang nicht untersucht`,
  trafficOfThisGroup: 'Verkehr dieser Gruppe',
  changeGroup: 'Gruppe ändern',
  deleteGroup: 'Gruppe löschen',
  deleteQuestion: (name, addresses) =>
    `${name} löschen (${addresses})? Agenten vergessen die Gruppe und ordnen ihr keinen Verkehr mehr zu. Was sie gemeldet haben, bleibt.`,
  onAgents: (share) => `Auf den Agenten: ${share} aktuell`,
  agentsGone: 'Die Agenten, für die sie bestimmt ist, gibt es nicht mehr.',
  noneTakes:
    'Sie ist für alle Agenten, und keiner nimmt Gruppen: sie erfassen keinen Verkehr und haben keinen Socket, oder waren nie verbunden.',
  filterAddresses: 'Adressen filtern',
  empty: 'Niemand ist darin, also wird ihr kein Verkehr zugeordnet.',
  removeOne: (address) => `${address} entfernen`,
  firstOf: (shown, n) => `Die ersten ${shown} von ${n}: filtern, um andere zu sehen.`,
  addressesToChange:
    'Adressen zum Hinzufügen oder Entfernen: je Zeile eine, oder mit Leerzeichen oder Kommas dazwischen',
  applications: 'Anwendungen',
  application: 'Anwendung',
  byAddress: 'Adresse',
};
