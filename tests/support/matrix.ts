import { randomUUID } from 'node:crypto';
import { appRouter } from '../../server/router.ts';
import type { Meta } from '../../server/trpc.ts';
import { column, table } from './sources/fake-connector.ts';
import { schemaId, tableId } from '../../shared/ids.ts';

/** What a tenant has that another one may ask for. */
export interface Belongings {
  readonly orgId: string;
  readonly dataSourceId: string;
  readonly apiKeyId: string;
  readonly memberId: string;
  readonly groupId: string;
  readonly credentialId: string;
  readonly webhookId: string;
  readonly deliveryId: string;
  readonly projectId: string;
  readonly backupRunId: string;
  readonly syncId: string;
}

/** Belongings that all have one name, whether or not anything has it. */
export const belongingsNamed = (id: string): Belongings => ({
  orgId: id,
  dataSourceId: id,
  apiKeyId: id,
  memberId: id,
  groupId: id,
  credentialId: id,
  webhookId: id,
  deliveryId: id,
  projectId: id,
  backupRunId: id,
  syncId: id,
});

export type Input = Readonly<Record<string, unknown>>;

/** What is named beside the organization. */
export type Thing = Exclude<keyof Belongings, 'orgId'>;

/** A procedure's row of the cross-tenant matrix: where the ids of a tenant stand in its input. */
interface Row {
  /** The field that names the organization; null when the procedure is about no organization. */
  readonly org: 'orgId' | 'id' | null;
  /** What `id` names, when it is not the organization. */
  readonly thing?: Thing;
  /** Another of the tenant's ids that stands in the input, under its own name. */
  readonly also?: 'memberId' | 'syncId' | 'deliveryId';
  /** A field that no two calls may give the same. */
  readonly unique?: 'name';
  /** The rest of a valid input; a function where it follows from what the tenant has. */
  readonly rest?: Input | ((of: Pick<Belongings, 'dataSourceId' | 'groupId'>) => Input);
  /** True when a MEMBER of the organization may do it too. */
  readonly isForMembers?: true;
  /** True when it asks for no credential. */
  readonly isOpen?: true;
  /** True when only a signed-in user can do it, not a key. */
  readonly needsSession?: true;
  /** True when its answer is a stream, which plain RPC does not take. */
  readonly streams?: true;
}

/** A table that a test gives to a data source when it wants the answers to be found. */
const matrixTable = { schema: 'public', name: 'matrix', column: 'cell' };

export const matrixDefinition = table(matrixTable.name, { columns: [column(matrixTable.column)] });

/** The matrix's table in a group. */
export const tableIn = (of: Belongings) => ({
  orgId: of.orgId,
  groupId: of.groupId,
  ...tableOf(of),
});

const tableOf = ({ dataSourceId }: Pick<Belongings, 'dataSourceId'>): { tableId: string } => ({
  tableId: tableId(dataSourceId, matrixTable.schema, matrixTable.name),
});

/** A picture of one pixel. */
export const smallestPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=';

const connection = {
  dialect: 'POSTGRES',
  host: 'db.example.com',
  username: 'reader',
  password: 'matrix-password',
};

/**
 * One row for every procedure there is. A procedure without a row fails the build: whoever adds one
 * says here how a stranger would ask for it.
 */
export const rows: Readonly<Record<string, Row>> = {
  'auth.login': {
    org: null,
    rest: { email: 'nobody@example.com', password: 'matrix' },
    isOpen: true,
  },
  'auth.refresh': {
    org: null,
    rest: { refreshToken: `bkr_ses_${'0'.repeat(26)}_${'A'.repeat(43)}` },
    isOpen: true,
  },
  'auth.acceptInvitation': {
    org: null,
    rest: { token: 'bki_matrix', password: 'matrix-password' },
    isOpen: true,
  },
  'auth.me': { org: null },
  'auth.logout': { org: null, needsSession: true },
  'auth.changePassword': {
    org: null,
    rest: { currentPassword: 'matrix-password', newPassword: 'matrix-password-2' },
    needsSession: true,
  },
  'organizations.create': { org: null, rest: { name: 'Matrix' } },
  'organizations.list': { org: null },
  'organizations.get': { org: 'id', isForMembers: true },
  'organizations.update': { org: 'id', rest: { name: 'Renamed' } },
  'icons.set': { org: 'id', rest: { icon: smallestPng } },
  'icons.get': { org: 'id', isForMembers: true },
  'icons.remove': { org: 'id' },
  'members.invite': { org: 'orgId', rest: { email: 'invited@example.com' } },
  'members.list': { org: 'orgId', isForMembers: true },
  'members.get': { org: 'orgId', thing: 'memberId', isForMembers: true },
  'members.update': { org: 'orgId', thing: 'memberId', rest: { fullName: 'Renamed' } },
  'members.deactivate': { org: 'orgId', thing: 'memberId' },
  'projects.create': { org: 'orgId', unique: 'name' },
  'projects.list': { org: 'orgId', isForMembers: true },
  'projects.get': { org: 'orgId', thing: 'projectId', isForMembers: true },
  'projects.update': { org: 'orgId', thing: 'projectId', unique: 'name' },
  'groups.create': { org: 'orgId', unique: 'name' },
  'groups.list': { org: 'orgId', isForMembers: true },
  'groups.get': { org: 'orgId', thing: 'groupId', isForMembers: true },
  'groups.update': { org: 'orgId', thing: 'groupId', rest: { customAiContext: 'Renamed' } },
  'groups.delete': { org: 'orgId', thing: 'groupId' },
  'groups.listMembers': { org: 'orgId', thing: 'groupId', isForMembers: true },
  'groups.addMember': { org: 'orgId', thing: 'groupId', also: 'memberId' },
  'groups.removeMember': { org: 'orgId', thing: 'groupId', also: 'memberId' },
  'apiKeys.create': { org: 'orgId', rest: { name: 'matrix' } },
  'apiKeys.list': { org: 'orgId' },
  'apiKeys.usage': { org: 'orgId', thing: 'apiKeyId' },
  'apiKeys.update': { org: 'orgId', thing: 'apiKeyId', rest: { name: 'Renamed' } },
  'apiKeys.rotate': { org: 'orgId', thing: 'apiKeyId' },
  'apiKeys.deactivate': { org: 'orgId', thing: 'apiKeyId' },
  'apiKeys.delete': { org: 'orgId', thing: 'apiKeyId' },
  'dataSources.create': {
    org: 'orgId',
    rest: { type: 'direct', displayName: 'Matrix', ...connection },
  },
  'dataSources.list': { org: 'orgId', isForMembers: true },
  'dataSources.verify': { org: 'orgId', rest: connection },
  'dataSources.get': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'dataSources.update': {
    org: 'orgId',
    thing: 'dataSourceId',
    rest: { displayName: 'Renamed', host: 'other.example.com', password: 'matrix-password' },
  },
  'dataSources.delete': { org: 'orgId', thing: 'dataSourceId' },
  'dataSources.requestSync': { org: 'orgId', thing: 'dataSourceId' },
  'dataSources.getSyncedTables': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'dataSources.getSync': {
    org: 'orgId',
    thing: 'dataSourceId',
    also: 'syncId',
    isForMembers: true,
  },
  'dataSources.cancelSync': { org: 'orgId', thing: 'dataSourceId' },
  'dataSources.approveSshHostKey': {
    org: 'orgId',
    thing: 'dataSourceId',
    rest: { fingerprint: `SHA256:${'A'.repeat(43)}` },
  },
  'dataSources.listSyncs': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'schedules.get': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'schedules.update': {
    org: 'orgId',
    thing: 'dataSourceId',
    rest: { healthIntervalSeconds: 600 },
  },
  'schedules.pause': { org: 'orgId', thing: 'dataSourceId', rest: { reason: 'Matrix' } },
  'schedules.resume': { org: 'orgId', thing: 'dataSourceId' },
  'access.get': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'access.replace': { org: 'orgId', thing: 'dataSourceId', rest: { mode: 'everyone' } },
  'catalog.listTables': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'health.get': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'health.listChecks': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'health.listIncidents': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'health.getLatency': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'credentials.list': { org: 'orgId' },
  'credentials.get': { org: 'orgId', thing: 'credentialId' },
  'credentials.reveal': {
    org: 'orgId',
    thing: 'credentialId',
    rest: { reason: 'matrix' },
    needsSession: true,
  },
  'credentials.getRevealPolicy': { org: 'orgId' },
  'credentials.setRevealPolicy': { org: 'orgId', rest: { policy: 'never' } },
  'tables.create': {
    org: 'orgId',
    rest: (of) => ({ groupId: of.groupId, ...tableOf(of) }),
  },
  'tables.list': { org: 'orgId', thing: 'groupId', isForMembers: true },
  'tables.remove': { org: 'orgId', thing: 'groupId', rest: tableOf },
  'backups.request': { org: 'orgId' },
  'backups.list': { org: 'orgId' },
  'backups.get': { org: 'orgId', thing: 'backupRunId' },
  'backups.download': { org: 'orgId', thing: 'backupRunId', streams: true },
  'audit.list': { org: 'orgId' },
  'audit.export': { org: 'orgId', streams: true },
  'catalog.getTable': { org: 'orgId', thing: 'dataSourceId', rest: tableOf, isForMembers: true },
  'catalog.listSchemas': { org: 'orgId', thing: 'dataSourceId', isForMembers: true },
  'catalog.listChanges': {
    org: 'orgId',
    thing: 'dataSourceId',
    rest: { from: '2026-01-01T00:00:00Z' },
    isForMembers: true,
  },
  'catalog.searchColumns': { org: 'orgId', rest: { search: 'cell' }, isForMembers: true },
  'catalog.updateSchema': {
    org: 'orgId',
    thing: 'dataSourceId',
    rest: ({ dataSourceId }) => ({
      schemaId: schemaId(dataSourceId, matrixTable.schema),
      isHidden: true,
    }),
  },
  'catalog.updateTable': {
    org: 'orgId',
    thing: 'dataSourceId',
    rest: (of) => ({ ...tableOf(of), description: 'Matrix' }),
  },
  'catalog.updateColumn': {
    org: 'orgId',
    thing: 'dataSourceId',
    rest: (of) => ({ ...tableOf(of), column: matrixTable.column, customAiContext: 'Matrix' }),
  },
  'webhooks.create': { org: 'orgId', rest: { url: 'https://hooks.example.com/matrix' } },
  'webhooks.list': { org: 'orgId' },
  'webhooks.get': { org: 'orgId', thing: 'webhookId' },
  'webhooks.update': { org: 'orgId', thing: 'webhookId', rest: { description: 'Matrix' } },
  'webhooks.delete': { org: 'orgId', thing: 'webhookId' },
  'webhooks.rotateSecret': { org: 'orgId', thing: 'webhookId' },
  'webhooks.listDeliveries': { org: 'orgId', thing: 'webhookId' },
  'webhooks.resend': { org: 'orgId', thing: 'webhookId', also: 'deliveryId' },
  'webhooks.test': { org: 'orgId', thing: 'webhookId' },
  'catalog.getSettings': { org: 'orgId', isForMembers: true },
  'catalog.updateSettings': { org: 'orgId', rest: { historyDays: 30 } },
};

interface Definition {
  readonly _def: { readonly type: string; readonly meta?: Meta };
}

const definitions = appRouter._def.procedures as unknown as Record<string, Definition>;

/** Every procedure of the router, as `feature.name`. */
export const procedures = Object.keys(definitions);

/** Those that change something. */
export const mutations = procedures.filter((name) => definitions[name]?._def.type === 'mutation');

export function rowOf(procedure: string): Row {
  const row = rows[procedure];
  if (row) return row;
  throw new Error(`${procedure} has no row in tests/support/matrix.ts: say how a stranger asks.`);
}

/** What of a tenant's stands in the input of a procedure. */
export function thingsNamedBy(procedure: string): readonly Thing[] {
  const { thing, also, rest } = rowOf(procedure);
  return [
    ...(thing ? [thing] : []),
    ...(also ? [also] : []),
    ...(typeof rest === 'function' ? (['dataSourceId', 'groupId'] as const) : []),
  ];
}

/** A valid input of a procedure for what `of` names; `extra` may add fields that nobody asked for. */
export function inputOf(procedure: string, of: Belongings, extra: Input = {}): Input {
  const { org, thing, also, unique, rest } = rowOf(procedure);
  return {
    ...(org ? { [org]: of.orgId } : {}),
    ...(thing ? { id: of[thing] } : {}),
    ...(also ? { [also]: of[also] } : {}),
    ...(unique ? { [unique]: randomUUID() } : {}),
    ...(typeof rest === 'function' ? rest(of) : rest),
    ...extra,
  };
}
