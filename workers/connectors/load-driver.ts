import { ConnectionFailure } from './connector.ts';

/**
 * A driver that is an optional dependency, imported when its dialect is first used.
 * Throws DRIVER_MISSING when it is not installed, and names the package on standard error: the
 * answer to the API has codes only.
 */
export async function loadDriver<Driver>(
  packageName: string,
  load: () => Promise<Driver>,
): Promise<Driver> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw driverMissing(packageName);
  }
}

/** The failure of a dialect whose driver is not installed, whose package is named on the way. */
export function driverMissing(packageName: string): ConnectionFailure {
  process.emitWarning(`The package ${packageName} is not installed; run npm ci without --omit`, {
    code: 'BASEKEEP_DRIVER_MISSING',
  });
  return new ConnectionFailure('DRIVER_MISSING');
}

/** Also when a package that the driver needs is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && missingCodes.has(error.code);
}

const missingCodes: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);
