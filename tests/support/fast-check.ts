import fc from 'fast-check';
import { inject } from 'vitest';

/** By day the same cases each time, so that a run fails for what was changed and for nothing else. */
const daySeed = 20_261_122;

if (inject('size') === 'pr') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: daySeed });

/** fast-check for tests that assert: at night with a seed of its own, which a failure names. */
export default fc;
