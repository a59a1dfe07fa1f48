import { Migration } from '@mikro-orm/migrations';

/** What people tell an AI about a data source as a whole; schemas, tables and columns have notes. */
export class Migration20261122000700_data_source_context extends Migration {
  override up(): void {
    this.addSql(`alter table data_source add column custom_ai_context text`);
  }

  override down(): void {
    this.addSql(`alter table data_source drop column custom_ai_context`);
  }
}
