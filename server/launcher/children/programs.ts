import type { Locate } from '../bundle/locate.ts';
import type { Program } from './children.ts';

/**
 * What Node is told of a worker, as in `npm run workers`. Catalogs stream through: a small nursery, and
 * an old space that is swept when it has doubled, keep their garbage from piling up.
 */
export const workerNodeOptions = ['--max-semi-space-size=4', '--heap-growing-percent=100'];

/**
 * A nursery that takes all that loading leaves behind, from the start: each time that a smaller one is
 * full, over 20 ms go by until what is loaded has moved out of it.
 */
const apiNodeOptions = ['--min-semi-space-size=32', '--max-semi-space-size=32'];

export type ProgramName = 'API' | 'worker';

/** The processes of an installation, in the order in which they start. */
export const programs = (at: Locate): Program<ProgramName>[] => [
  { name: 'API', file: at('server/main.ts'), nodeOptions: apiNodeOptions },
  {
    name: 'worker',
    file: new URL('../../../workers/main.ts', import.meta.url),
    nodeOptions: workerNodeOptions,
  },
];
