import type { say } from '../en/forms';

export const forms: typeof say = {
  range: (least, most) => `${least} bis ${most}`,
  usual: (usual) => `üblich ${usual}`,
  pairsHint: 'Name: Wert, je Zeile einer',
  listHint: 'Einer je Zeile',
  unitDays: 'Tage',
  unitBytes: 'Bytes',
};
