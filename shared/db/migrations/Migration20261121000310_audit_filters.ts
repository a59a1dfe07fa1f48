import { Migration } from '@mikro-orm/migrations';

/** What finds an organization's audit events by actor, action, target and time, newest first. */
export class Migration20261121000310_audit_filters extends Migration {
  override up(): void {
    for (const column of ['actor_id', 'action', 'target_id']) {
      this.addSql(`
        create index audit_event_by_${column}
          on audit_event (organization_id, ${column}, sequence desc)`);
    }
    this.addSql(`create index audit_event_by_time on audit_event (organization_id, occurred_at)`);
  }

  override down(): void {
    for (const name of ['actor_id', 'action', 'target_id', 'time']) {
      this.addSql(`drop index audit_event_by_${name}`);
    }
  }
}
