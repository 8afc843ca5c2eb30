/** How the controller is set up, for who runs it. `make docs` writes the types of each route that is
 * named here. */

import { ask } from '../rest';

export const installation = (signal?: AbortSignal) => ask('GET /installation', {}, { signal });
