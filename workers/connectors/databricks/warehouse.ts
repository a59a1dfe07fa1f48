import { z } from 'zod';
import { ConnectionFailure } from '../connector.ts';
import type { JsonApi } from '../json-api.ts';
import { answerFailure } from './failures.ts';

const Warehouse = z.object({
  id: z.string().regex(/^[0-9a-z]{1,64}$/i),
  state: z.string(),
  health: z.object({ status: z.string().nullish() }).nullish(),
  channel: z.object({ dbsql_version: z.string().nullish() }).nullish(),
});
const Warehouses = z.object({ warehouses: z.array(Warehouse).default([]) });

export type Warehouse = z.infer<typeof Warehouse>;

// Of a list of a few thousand warehouses.
const maxBytes = 4 * 1024 * 1024;

// EndpointState of the Warehouses API, the readiest first. A stopped one starts with a statement.
const usable = ['RUNNING', 'STARTING', 'STOPPED', 'STOPPING'];

/**
 * The warehouse of the connection, or the readiest of the workspace; asking does not wake it.
 * Throws WAREHOUSE_UNAVAILABLE for one that is not there, being deleted, or failing to start.
 */
export async function findWarehouse(
  api: JsonApi,
  id: string | null,
  timeoutMs: number,
): Promise<Warehouse> {
  const path = '/api/2.0/sql/warehouses';
  if (id === null) {
    const { warehouses } = await api.call(Warehouses, {
      method: 'GET',
      path,
      timeoutMs,
      maxBytes,
      failure: answerFailure(),
    });
    return checked(warehouses.filter(isUsable).sort(byReadiness)[0]);
  }
  const missing = { 400: 'WAREHOUSE_UNAVAILABLE', 404: 'WAREHOUSE_UNAVAILABLE' } as const;
  const failure = answerFailure(missing);
  return checked(
    await api.call(Warehouse, {
      method: 'GET',
      path: `${path}/${id}`,
      timeoutMs,
      maxBytes,
      failure,
    }),
  );
}

function isUsable({ state, health }: Warehouse): boolean {
  return usable.includes(state) && health?.status !== 'FAILED';
}

function byReadiness(a: Warehouse, b: Warehouse): number {
  return usable.indexOf(a.state) - usable.indexOf(b.state);
}

function checked(warehouse: Warehouse | undefined): Warehouse {
  if (!warehouse || !isUsable(warehouse)) throw new ConnectionFailure('WAREHOUSE_UNAVAILABLE');
  return warehouse;
}
