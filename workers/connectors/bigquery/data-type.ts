import { ConnectionFailure } from '../connector.ts';
import type { Field } from './resources.ts';

// TableFieldSchema.type has the names of legacy SQL for these.
const names: { readonly [type: string]: string | undefined } = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
};

/** BigQuery allows 15 levels of RECORDs. */
const maxDepth = 64;

/**
 * The type as `INFORMATION_SCHEMA.COLUMNS.data_type` writes it, nested fields within it:
 * `ARRAY<STRUCT<sku STRING(20), price NUMERIC(10, 2)>>`. Throws PROTOCOL_ERROR for what is nested
 * deeper than any table can be.
 */
export function dataTypeOf(field: Field, depth = 0): string {
  if (depth > maxDepth) throw new ConnectionFailure('PROTOCOL_ERROR');
  const type = scalarOrStruct(field, depth);
  return field.mode === 'REPEATED' ? `ARRAY<${type}>` : type;
}

function scalarOrStruct(field: Field, depth: number): string {
  const name = names[field.type] ?? field.type;
  if (name === 'STRUCT') {
    const fields = field.fields ?? [];
    const parts = fields.map((part) => `${quoted(part.name)} ${dataTypeOf(part, depth + 1)}`);
    return `STRUCT<${parts.join(', ')}>`;
  }
  if (field.rangeElementType) return `${name}<${field.rangeElementType.type}>`;
  const { maxLength, precision, scale, timestampPrecision } = field;
  const numeric = [precision, scale].filter((part) => part !== undefined);
  const parameters = maxLength ?? timestampPrecision ?? numeric.join(', ');
  return parameters === '' ? name : `${name}(${parameters})`;
}

/** A name as it stands in GoogleSQL: bare where it can, in backticks where it has to. */
export function quoted(name: string): string {
  if (/^[a-z_]\w*$/i.test(name)) return name;
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}
