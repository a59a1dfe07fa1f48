import { createPostgresConnector } from '../../../workers/connectors/postgres/connector.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { answerReads, isCustomers } from './answer-reads.ts';

/** The connector of a sync by itself, as the libraries do it: read, and nothing stored. */
answerReads(async (url) => {
  const { hostname: host, port, username, password, pathname } = new URL(url);
  const connection = { host, port: Number(port), username, databaseName: pathname.slice(1) };
  const target = connectionTarget({ dialect: 'POSTGRES', ...connection }, password);
  const signal = new AbortController().signal;
  let tables = 0;
  for await (const { schema } of createPostgresConnector().readCatalog(target, signal)) {
    if (isCustomers(schema)) tables += 1;
  }
  return tables;
});
