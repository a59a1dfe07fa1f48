import { answerReads, isCustomers } from './answer-reads.ts';

const name = 'pg-structure';
// CommonJS: its default export is a property of what Node takes for the default export.
const { default: exported } = await import(name);

interface Structure {
  readonly schemas: readonly { readonly name: string; readonly entities: readonly unknown[] }[];
}

/** A graph of objects: tables, columns, constraints, indexes and relations between them. */
answerReads(async (url) => {
  const { schemas }: Structure = await exported.default(url, { includeSystemSchemas: false });
  const found = schemas.filter((schema) => isCustomers(schema.name));
  return found.reduce((sum, { entities }) => sum + entities.length, 0);
});
