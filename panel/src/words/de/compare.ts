import type { say } from '../en/compare';
import { counted } from '../numbers';

export const compare: typeof say = {
  addALine: 'Linie hinzufügen',
  theSameTargetFrom: 'Dasselbe Ziel von',
  onOneAxis: (lines) => `${lines} auf einer Achse; diese Adresse zeigt sie wieder`,
  probesGone: (n) =>
    `${counted(n, { one: 'Messung', other: 'Messungen' })} dieser Adresse gibt es nicht mehr.`,
  leaveOut: 'Weglassen',
  nothingMeasured: 'In dieser Zeit wurde nichts gemessen.',
  chooseProbes:
    'Zwei oder mehr Messungen wählen; oder auf der Seite einer Messung beginnen: Vergleichen.',
  leaveOutLine: (name) => `${name} weglassen`,
  tooMany: (lines, most) => `${lines} mehr: nur ${most} lassen sich unterscheiden.`,
  line: 'Linie',
  leastMost: 'Kleinste – größte',
};
