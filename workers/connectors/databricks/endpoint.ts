import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';

// Databricks documentation, "Get identifiers for workspace objects": AWS, Azure and Google Cloud.
const workspaceHost =
  /^[a-z0-9][a-z0-9.-]{0,200}\.(?:cloud\.databricks\.com|azuredatabricks\.net|gcp\.databricks\.com)$/;

export interface Endpoint {
  readonly origin: string;
  /** The catalog to read; null reads the workspace's own default. */
  readonly catalog: string | null;
  readonly warehouseId: string | null;
}

/**
 * Where a workspace is. Throws ACCOUNT_NOT_FOUND for a host that is not Databricks', so that a token
 * cannot be sent anywhere else, and WAREHOUSE_UNAVAILABLE for what is no warehouse id.
 */
export function endpointOf({ connection }: ConnectionTarget): Endpoint {
  const host = (connection.host ?? '').toLowerCase();
  if (!workspaceHost.test(host) || host.includes('..')) {
    throw new ConnectionFailure('ACCOUNT_NOT_FOUND');
  }
  const warehouseId = connection.databricksWarehouseId || null;
  if (warehouseId !== null && !/^[0-9a-z]{1,64}$/i.test(warehouseId)) {
    throw new ConnectionFailure('WAREHOUSE_UNAVAILABLE');
  }
  return { origin: `https://${host}`, catalog: connection.databaseName || null, warehouseId };
}
