import { ApiKey } from './api-key.entity.ts';
import { AuditEvent } from './audit-event.entity.ts';
import { BackupRun } from './backup-run.entity.ts';
import { CatalogNote } from './catalog-note.entity.ts';
import { CatalogTable } from './catalog-table.entity.ts';
import { ConnectionDraft } from './connection-draft.entity.ts';
import { DataSource } from './data-source.entity.ts';
import { GroupMember } from './group-member.entity.ts';
import { Group } from './group.entity.ts';
import { HealthCheck } from './health/health-check.entity.ts';
import { HealthIncident } from './health/health-incident.entity.ts';
import { Invitation } from './invitation.entity.ts';
import { Membership } from './membership.entity.ts';
import { Organization } from './organization.entity.ts';
import { Project } from './project.entity.ts';
import { SealingKey } from './sealing-key.entity.ts';
import { SecretEnvelope } from './secret-envelope.entity.ts';
import { SyncRun } from './sync-run.entity.ts';
import { UserSession } from './user-session.entity.ts';
import { User } from './user.entity.ts';
import { WebhookDelivery } from './webhooks/webhook-delivery.entity.ts';
import { WebhookEvent } from './webhooks/webhook-event.entity.ts';
import { WebhookSecret } from './webhooks/webhook-secret.entity.ts';
import { Webhook } from './webhooks/webhook.entity.ts';

export const entities = [
  ApiKey,
  AuditEvent,
  BackupRun,
  CatalogNote,
  CatalogTable,
  ConnectionDraft,
  DataSource,
  Group,
  GroupMember,
  HealthCheck,
  HealthIncident,
  Invitation,
  Membership,
  Organization,
  Project,
  SealingKey,
  SecretEnvelope,
  SyncRun,
  User,
  UserSession,
  Webhook,
  WebhookDelivery,
  WebhookEvent,
  WebhookSecret,
] as const;
