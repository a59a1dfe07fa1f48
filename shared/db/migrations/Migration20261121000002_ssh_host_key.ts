import { Migration } from '@mikro-orm/migrations';

/** The host key of a data source's SSH server, and what a check saw of identities on the way. */
export class Migration20261121000002_ssh_host_key extends Migration {
  override up(): void {
    // Null until the first tunnel; then no other key is trusted, until somebody approves it.
    this.addSql(`alter table data_source add column ssh_host_key text`);
    this.addSql(`
      alter table health_check
        add column ssh_host_key text,
        add column certificate_expires_in_days integer`);
    for (const table of ['data_source', 'connection_draft']) {
      this.addSql(`
        update ${table} set connection = connection || '{"sshHostKey": null}'
        where not connection ? 'sshHostKey'`);
    }
  }

  override down(): void {
    this.addSql(`
      alter table health_check drop column ssh_host_key, drop column certificate_expires_in_days`);
    this.addSql(`alter table data_source drop column ssh_host_key`);
  }
}
