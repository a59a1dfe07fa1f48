import type { CatalogTable } from '../../../shared/catalog.ts';
import type { Connector } from '../../../workers/connectors/connector.ts';

/** A connector that a test scripts; what it leaves out is a healthy, empty database. */
export function fakeConnector(script: Partial<Connector> = {}): Connector {
  return {
    probe: async () => ({
      steps: [{ step: 'query', durationMs: 1, failure: null }],
      failure: null,
      durationMs: 1,
      serverVersion: 'Fake 1',
    }),

    readCatalog: async function* () {
      yield* [];
    },
    ...script,
  };
}

/** A table as a connector reads it. */
export function table(name: string, change: Partial<CatalogTable> = {}): CatalogTable {
  return {
    schema: 'public',
    name,
    kind: 'table',
    comment: null,
    rowEstimate: 100,
    columns: [column('id'), column('title')],
    primaryKey: { name: `${name}_pkey`, columns: ['id'] },
    uniqueKeys: [],
    foreignKeys: [],
    checks: [],
    indexes: [],
    partitionOf: null,
    partitionKey: null,
    ...change,
  };
}

export function column(name: string): CatalogTable['columns'][number] {
  return {
    name,
    type: 'text',
    nullable: true,
    default: null,
    comment: null,
    generated: null,
    identity: null,
  };
}
