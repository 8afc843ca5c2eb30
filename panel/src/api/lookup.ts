/** What is known of an address. `make docs` writes the types of each route that is named here. */

import { ask } from '../rest';

/** Name, place, network and registration; what is not known is left out, with the reason. */
export const lookUp = (ip: string) => ask('GET /lookup/combined', {}, { query: { ip } });
