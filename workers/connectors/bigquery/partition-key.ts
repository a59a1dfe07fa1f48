import { quoted } from './data-type.ts';
import type { Table } from './resources.ts';

/** What stands behind PARTITION BY in the table's DDL; null for a table without partitions. */
export function partitionKeyOf(table: Table): string | null {
  const { rangePartitioning, timePartitioning } = table;
  if (rangePartitioning) {
    const { field, range } = rangePartitioning;
    const bounds = [range.start, range.end, range.interval].join(', ');
    return `RANGE_BUCKET(${quoted(field)}, GENERATE_ARRAY(${bounds}))`;
  }
  if (!timePartitioning) return null;
  const { type, field } = timePartitioning;
  // By the time of ingestion, which is a column that no list of columns has.
  if (field === undefined) {
    return type === 'DAY' ? '_PARTITIONDATE' : `TIMESTAMP_TRUNC(_PARTITIONTIME, ${type})`;
  }
  const column = table.schema?.fields?.find(({ name }) => name === field);
  if (column?.type === 'DATE') {
    return type === 'DAY' ? quoted(field) : `DATE_TRUNC(${quoted(field)}, ${type})`;
  }
  const truncate = column?.type === 'DATETIME' ? 'DATETIME_TRUNC' : 'TIMESTAMP_TRUNC';
  return `${truncate}(${quoted(field)}, ${type})`;
}
