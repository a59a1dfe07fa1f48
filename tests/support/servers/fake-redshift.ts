import { complete, dataRow, ready, type RoguePeer } from './rogue-postgres.ts';
import { fakePostgres, type FakeServer } from './rogue-scripts.ts';

type Rows = readonly (readonly (string | null)[])[];

/** The rows of each of our statements; tables are given once, as one page. */
interface FakeCatalog {
  readonly estimates?: Rows;
  readonly materialized?: Rows;
  readonly tables?: Rows;
  readonly columns?: Rows;
  readonly constraints?: Rows;
}

/** A Redshift that keeps to the order of things, whatever it is given; its database is `dev`. */
export function fakeRedshift(
  catalog: FakeCatalog,
  onQuery: (peer: RoguePeer, text: string) => Promise<boolean> = () => Promise.resolve(false),
  server: Pick<FakeServer, 'identity' | 'signIn'> = {},
): (peer: RoguePeer) => Promise<void> {
  let tables = catalog.tables ?? [];
  const answers: readonly [string, () => Rows | undefined][] = [
    ['svv_table_info', () => catalog.estimates],
    ['create materialized view', () => catalog.materialized],
    [
      'limit 200',
      () => {
        const page = tables;
        tables = [];
        return page;
      },
    ],
    ['pg_attribute a\n', () => catalog.columns],
    ['pg_constraint k', () => catalog.constraints],
    ['select current_database()', () => [['dev']]],
  ];
  const script = fakePostgres({
    ...server,
    onQuery: async (peer, text) => {
      if (await onQuery(peer, text)) return true;
      const answer = answers.find(([words]) => text.includes(words));
      if (!answer) return false;
      const rows = (answer[1]() ?? []).map(dataRow);
      await peer.send(Buffer.concat([...rows, complete('SELECT'), ready]));
      return true;
    },
  });
  return (peer) => {
    tables = catalog.tables ?? [];
    return script(peer);
  };
}
