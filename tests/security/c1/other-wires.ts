import type { Dialect } from '../../../shared/dialects.ts';
import { startOracle } from '../../stand-ins/oracle/server.ts';
import { startSqlServer } from '../../stand-ins/sql-server/server.ts';

/** A dialect whose driver is its own, and a server of it with one table, `orders`. */
interface OtherWire {
  readonly dialect: Dialect;
  readonly databaseName: string;
  /** For a user `reader` with this password. */
  start(password: string): Promise<{ readonly port: number; close(): Promise<void> }>;
}

const table = { name: 'orders', rows: '1', columns: [] };
const user = 'reader';

export const otherWires: readonly OtherWire[] = [
  {
    ...{ dialect: 'SQL_SERVER', databaseName: 'Shop' },
    start: (password) =>
      startSqlServer({
        ...{ user, password, signIns: [], database: 'Shop', cancelled: 0 },
        tables: [{ ...table, schema: 'dbo', type: 'U', comment: null }],
      }),
  },
  {
    ...{ dialect: 'ORACLE', databaseName: 'shop.test' },
    start: (password) =>
      startOracle({
        ...{ user, password, signIns: [], service: 'shop.test', broken: 0 },
        tables: [{ ...table, schema: 'SHOP', type: 'TABLE' }],
      }),
  },
];
