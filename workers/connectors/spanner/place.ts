import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import { googleProject } from '../google-project.ts';

/** The service's origin; project, instance and database are parts of the path, never of the host. */
export const apiOrigin = 'https://spanner.googleapis.com';

// Spanner's REST reference: CreateInstanceRequest.instanceId and CreateDatabaseRequest.createStatement.
const instanceName = /^[a-z][a-z0-9-]{0,62}[a-z0-9]$/;
const databaseName = /^[a-z][a-z0-9_-]{0,28}[a-z0-9]$/;

/**
 * The path of a connection's database. Throws ACCOUNT_NOT_FOUND for what is no project or instance,
 * DATABASE_NOT_FOUND for what is no database.
 */
export function databasePathOf({ connection }: ConnectionTarget): string {
  const project = connection.bigQueryProjectId ?? '';
  const instance = connection.spannerInstanceId ?? '';
  const database = connection.databaseName ?? '';
  if (!googleProject.test(project) || !instanceName.test(instance)) {
    throw new ConnectionFailure('ACCOUNT_NOT_FOUND');
  }
  if (!databaseName.test(database)) throw new ConnectionFailure('DATABASE_NOT_FOUND');
  return `/v1/projects/${project}/instances/${instance}/databases/${database}`;
}
