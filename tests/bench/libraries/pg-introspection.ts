import { answerReads, isCustomers } from './answer-reads.ts';

const names = ['pg-introspection', 'pg'];
const [{ makeIntrospectionQuery, parseIntrospectionResults }, { default: pg }] = await Promise.all(
  names.map((name) => import(name)),
);

interface Relation {
  readonly relkind: string;
  getNamespace(): { readonly nspname: string };
}

/** PostGraphile's: one statement that answers one JSON document. */
answerReads(async (url) => {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(makeIntrospectionQuery());
  await client.end();
  const classes: Relation[] = parseIntrospectionResults(rows[0].introspection).classes;
  const isRead = ({ relkind }: Relation): boolean => ['r', 'p', 'v', 'm', 'f'].includes(relkind);
  return classes.filter((one) => isRead(one) && isCustomers(one.getNamespace().nspname)).length;
});
