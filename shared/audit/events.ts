/** Every action that leaves an audit event, with what it is done to. */
export const auditActions = {
  'organization.created': 'organization',
  'organization.updated': 'organization',
  'organization.icon_changed': 'organization',
  'organization.icon_removed': 'organization',
  'api_key.created': 'api_key',
  'api_key.deactivated': 'api_key',
  'api_key.deleted': 'api_key',
  'auth.signed_in': 'session',
  'auth.sign_in_failed': 'user',
  'auth.signed_out': 'session',
  'auth.password_changed': 'user',
  'auth.password_change_refused': 'user',
  'auth.session_revoked': 'session',
  'auth.refresh_refused': 'session',
  'api_key.updated': 'api_key',
  'api_key.reactivated': 'api_key',
  'api_key.rotated': 'api_key',
  'data_source.created': 'data_source',
  'data_source.updated': 'data_source',
  'data_source.deleted': 'data_source',
  'data_source.verified': 'connection',
  'data_source.sync_requested': 'data_source',
  'data_source.sync_cancelled': 'data_source',
  'data_source.ssh_host_key_approved': 'data_source',
  'data_source.schedule_updated': 'data_source',
  'data_source.paused': 'data_source',
  'data_source.resumed': 'data_source',
  'member.invited': 'member',
  'member.joined': 'member',
  'member.updated': 'member',
  'member.deactivated': 'member',
  'member.reactivated': 'member',
  'data_source.access_changed': 'data_source',
  'project.created': 'project',
  'project.updated': 'project',
  'group.created': 'group',
  'group.updated': 'group',
  'group.deleted': 'group',
  'group.member_added': 'group',
  'group.member_removed': 'group',
  'credential.version_destroyed': 'credential',
  'credential.reveal_requested': 'credential',
  'credential.reveal_denied': 'credential',
  'credential.revealed': 'credential',
  'credential.reveal_failed': 'credential',
  'organization.reveal_policy_changed': 'organization',
  'permission.refused': 'organization',
  'catalog.settings_updated': 'organization',
  'catalog.schema_updated': 'catalog_schema',
  'catalog.table_updated': 'catalog_table',
  'catalog.column_updated': 'catalog_column',
  'webhook.created': 'webhook',
  'webhook.updated': 'webhook',
  'webhook.deleted': 'webhook',
  'webhook.disabled': 'webhook',
  'webhook.secret_rotated': 'webhook',
  'webhook.delivery_resent': 'webhook',
  'webhook.tested': 'webhook',
  'managed_table.created': 'managed_table',
  'managed_table.removed': 'managed_table',
  'backup.requested': 'backup',
  'backup.downloaded': 'backup',
  'trial.started': 'organization',
  'security.envelope_refused': 'data_source',
} as const;

export type AuditAction = keyof typeof auditActions;

interface Actor {
  readonly type: 'user' | 'api_key' | 'system';
  readonly id: string | null;
}

/** Where a request came from. Null members where there was no request. */
export interface Origin {
  readonly actor: Actor;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
}

export const systemOrigin: Origin = {
  actor: { type: 'system', id: null },
  requestId: null,
  address: null,
  userAgent: null,
};
