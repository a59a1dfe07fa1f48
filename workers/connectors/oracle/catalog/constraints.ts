import type { CatalogForeignKey, CatalogTable } from '../../../../shared/catalog.ts';
import type { Row } from '../../ordered-rows.ts';
import { given } from './given.ts';
import { keyOf } from './key-of.ts';

export interface ConstraintRows {
  readonly constraints: readonly Row[];
  readonly keyColumns: readonly Row[];
  /** By what `keyOf` makes of a key's owner and name. */
  readonly referenced: ReadonlyMap<string, readonly Row[]>;
}

type Constraints = Pick<CatalogTable, 'primaryKey' | 'uniqueKeys' | 'foreignKeys' | 'checks'>;

/** Keys and checks of one table. */
export function toConstraints({
  constraints,
  keyColumns,
  referenced,
}: ConstraintRows): Constraints {
  const columns = Map.groupBy(keyColumns, (row) => given(row[1]));
  const of = (type: string): Row[] => constraints.filter((row) => row[2] === type);
  const columnsOf = (name: string): string[] =>
    (columns.get(name) ?? []).map((row) => given(row[2]));
  const toKey = ([, name]: Row) => ({ name: given(name), columns: columnsOf(given(name)) });
  const [primary] = of('P');
  return {
    primaryKey: primary ? toKey(primary) : null,
    uniqueKeys: of('U').map(toKey),
    foreignKeys: of('R').flatMap((row) => {
      const [, , , owner, key, rule] = row;
      const target = referenced.get(keyOf(owner, key)) ?? [];
      // A key of a table that the user may not see leads nowhere.
      if (!target[0]) return [];
      return {
        ...toKey(row),
        referencedSchema: given(owner),
        referencedTable: given(target[0][0]),
        referencedColumns: target.map((column) => given(column[3])),
        // Oracle has no other.
        onUpdate: 'no action',
        onDelete: actionOf(given(rule)),
      };
    }),
    checks: of('C').flatMap(([, name, , , , , condition]) => {
      const expression = condition?.trim();
      // Which columns may be null is said of the columns.
      if (!expression || /^"[^"]+" IS NOT NULL$/.test(expression)) return [];
      return { name: given(name), expression };
    }),
  };
}

function actionOf(rule: string): CatalogForeignKey['onDelete'] {
  if (rule === 'CASCADE') return 'cascade';
  return rule === 'SET NULL' ? 'set null' : 'no action';
}
