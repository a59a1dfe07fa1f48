import { sql } from 'kysely';
import type { EntityManager } from '../db/orm.ts';
import { tableId } from '../ids.ts';
import type { Definition } from './definition.ts';

/** What people said of a schema, a table or a column. */
export interface Note {
  readonly description: string | null;
  readonly customAiContext: string | null;
  readonly isHidden: boolean;
}

/** The notes that matter for some tables of a data source: theirs, and of what they refer to. */
export interface Notes {
  readonly dataSourceId: string;
  /** By name. */
  readonly schemas: ReadonlyMap<string, Note>;
  /** By table id. */
  readonly tables: ReadonlyMap<string, Note>;
  /** By table id and name. */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, Note>>;
}

export const noNote: Note = { description: null, customAiContext: null, isHidden: false };

interface Row {
  readonly kind: 'schema' | 'table' | 'column';
  readonly table_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly custom_ai_context: string | null;
  readonly is_hidden: boolean;
}

export async function readNotes(
  em: EntityManager,
  dataSourceId: string,
  definitions: readonly Definition[],
): Promise<Notes> {
  const ids = [...new Set(definitions.flatMap((of) => idsIn(dataSourceId, of)))];
  const { rows } = await sql<Row>`
    select kind, '' as table_id, name, description, custom_ai_context, is_hidden from catalog_note
    where data_source_id = ${dataSourceId} and kind = 'schema'
    union all
    select kind, table_id, name, description, custom_ai_context, is_hidden from catalog_note
    where table_id = any (${ids}::text[])`.execute(em.getKysely());
  const of = (kind: Row['kind']) => rows.filter((row) => row.kind === kind);
  return {
    dataSourceId,
    schemas: new Map(of('schema').map((row) => [row.name, toNote(row)])),
    tables: new Map(of('table').map((row) => [row.table_id, toNote(row)])),
    columns: byTable(of('column')),
  };
}

export function noteOfTable(notes: Notes, schema: string, name: string): Note {
  return notes.tables.get(tableId(notes.dataSourceId, schema, name)) ?? noNote;
}

export function isHidden(notes: Notes, schema: string, table: string): boolean {
  return notes.schemas.get(schema)?.isHidden === true || noteOfTable(notes, schema, table).isHidden;
}

export function notesOfColumns(notes: Notes, schema: string, table: string) {
  return notes.columns.get(tableId(notes.dataSourceId, schema, table));
}

function idsIn(dataSourceId: string, { schema, name, foreignKeys, partitionOf }: Definition) {
  const id = (inSchema: string, table: string) => tableId(dataSourceId, inSchema, table);
  return [
    id(schema, name),
    ...foreignKeys.map((key) => id(key.referencedSchema, key.referencedTable)),
    ...(partitionOf ? [id(partitionOf.schema, partitionOf.table)] : []),
  ];
}

function byTable(rows: readonly Row[]): Map<string, Map<string, Note>> {
  const tables = new Map<string, Map<string, Note>>();
  for (const [id, columns] of Map.groupBy(rows, (row) => row.table_id)) {
    tables.set(id, new Map(columns.map((row) => [row.name, toNote(row)])));
  }
  return tables;
}

function toNote(row: Row): Note {
  return {
    description: row.description,
    customAiContext: row.custom_ai_context,
    isHidden: row.is_hidden,
  };
}
