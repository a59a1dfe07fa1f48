import { Connection, Request } from 'tedious';
import { type Address, decoded } from '../addresses.ts';

type Row = readonly unknown[];

/** A session of whoever may make databases; batches one after the other. */
export interface Administrator {
  query(batch: string): Promise<Row[]>;
  close(): void;
}

/** Whose certificate it is, is not ours to judge: a container signs its own. */
export async function signInAsAdministrator(
  { url }: Address,
  database: string,
): Promise<Administrator> {
  const userName = decoded(url.username);
  const connection = new Connection({
    server: url.hostname,
    authentication: {
      ...{ type: 'default', options: { userName, password: decoded(url.password) } },
    },
    options: {
      ...{ port: Number(url.port), database, encrypt: true, trustServerCertificate: true },
      ...{ requestTimeout: 300_000, rowCollectionOnRequestCompletion: true },
    },
  });
  connection.on('error', () => undefined);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  connection.connect((error) => (error ? reject(error) : resolve()));
  await promise;
  return {
    query(batch) {
      const answer = Promise.withResolvers<Row[]>();
      const request = new Request(batch, (error, _count, rows: unknown) => {
        if (error) answer.reject(new Error(`${error.message} in ${batch.slice(0, 500)}`));
        else answer.resolve(toRows(rows));
      });
      connection.execSqlBatch(request);
      return answer.promise;
    },
    close: () => connection.close(),
  };
}

function toRows(rows: unknown): Row[] {
  if (!Array.isArray(rows)) return [];
  return rows.map((row: unknown) => {
    const fields: readonly unknown[] = Array.isArray(row) ? row : [];
    return fields.map((field) =>
      typeof field === 'object' && field !== null && 'value' in field ? field.value : null,
    );
  });
}
