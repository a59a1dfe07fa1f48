import type { Fields } from './fields.ts';

/** An object of the contracts, and the procedures that answer it, each with its status on REST. */
export interface ContractObject {
  readonly fields: Fields;
  readonly answers: Readonly<Record<string, 200 | 201 | 202>>;
  /** What the contracts name is all there has to be; without it, nothing else may be there. */
  readonly isOpen?: true;
  /** Only what these surfaces answer is such an object. */
  readonly surfaces?: readonly ('public' | 'v1' | 'keyed')[];
}

const dialects = [
  ...['POSTGRES', 'SUPABASE', 'MYSQL', 'PLANETSCALE', 'ATHENA', 'BIGQUERY', 'CLICKHOUSE'],
  ...['SPANNER', 'SNOWFLAKE', 'REDSHIFT', 'SQL_SERVER', 'ORACLE', 'DATABRICKS', 'POSTHOG'],
  'DUCKDB',
];
const roles = ['ADMIN', 'MEMBER'];

const member = {
  id: 'id',
  createdAt: 'date-time',
  deactivatedAt: 'date-time|null',
  role: roles,
  userId: 'id',
  organizationId: 'id',
  user: {
    id: 'id',
    fullName: 'string|null',
    avatarUrl: 'string|null',
    email: 'string',
    isEmailVerified: 'boolean',
    createdAt: 'date-time',
    firstName: 'string|null',
    title: 'string|null',
  },
} as const satisfies Fields;

const secretState = {
  isSet: 'boolean',
  version: 'integer|null',
  updatedAt: 'date-time|null',
} as const;

const apiKey = {
  id: 'id',
  name: 'string',
  kind: ['bearer', 'pair'],
  hint: 'string',
  environment: ['live', 'test'],
  scopes: 'string[]',
  allowedCidrs: 'string[]',
  userId: 'id',
  createdAt: 'date-time',
  expiresAt: 'date-time|null',
  lastUsedAt: 'date-time|null',
  deactivatedAt: 'date-time|null',
} as const satisfies Fields;

/**
 * What the three contracts say of their objects, field by field, in camel case. It is written down
 * here a second time, from their prose: the product's own schemas and documents have no say in it, so
 * change it only when a contract has changed. Where a contract leaves the fields open (`isOpen`), what
 * it names has to be there.
 */
export const contractObjects: Readonly<Record<string, ContractObject>> = {
  organization: {
    answers: {
      'organizations.create': 201,
      'organizations.list': 200,
      'organizations.get': 200,
      'organizations.update': 200,
    },
    fields: {
      id: 'id',
      name: 'string',
      slug: 'string',
      customAiContext: 'string|null',
      onboardingStatus: ['STARTED', 'COMPLETED', 'SKIPPED'],
      fullEmbedEnabled: 'boolean',
      embedAllowedOrigins: 'string[]',
      isBillable: 'boolean',
      insightsEnabled: 'boolean',
      trialEndsAt: 'date-time|null',
      // Only on request: that it is not there otherwise is checked by answer-fields.test.ts.
      'jwtSecret?': 'string',
    },
  },
  member: {
    answers: {
      'members.list': 200,
      'members.get': 200,
      'members.update': 200,
      'members.deactivate': 200,
    },
    fields: member,
  },
  'invited member': {
    answers: { 'members.invite': 201, 'groups.addMember': 201 },
    fields: { ...member, 'invitationToken?': 'string' },
  },
  group: {
    answers: { 'groups.create': 201, 'groups.list': 200, 'groups.get': 200, 'groups.update': 200 },
    isOpen: true,
    fields: { id: 'id', organizationId: 'id', name: 'string', customAiContext: 'string|null' },
  },
  project: {
    answers: { 'projects.create': 201, 'projects.list': 200 },
    isOpen: true,
    fields: { id: 'id', organizationId: 'id', name: 'string' },
  },
  'data source': {
    answers: {
      'dataSources.create': 201,
      'dataSources.list': 200,
      'dataSources.get': 200,
      'dataSources.update': 200,
    },
    fields: {
      id: 'id',
      displayName: 'string',
      description: 'string',
      dialect: dialects,
      databaseName: 'string|null',
      username: 'string|null',
      host: 'string|null',
      port: 'number|null',
      sslEnabled: 'boolean|null',
      sslCustomCertificatesEnabled: 'boolean|null',
      sshEnabled: 'boolean|null',
      sshHost: 'string|null',
      sshPort: 'number|null',
      sshUsername: 'string|null',
      bigQueryProjectId: 'string|null',
      spannerInstanceId: 'string|null',
      athenaWorkgroup: 'string|null',
      athenaOutputLocation: 'string|null',
      athenaCatalog: 'string|null',
      snowflakeAccountId: 'string|null',
      snowflakeWarehouse: 'string|null',
      snowflakeRole: 'string|null',
      lastSuccessfulSyncAt: 'date-time|null',
      lastSyncStatus: ['PENDING', 'SUCCESS', 'FAILED', 'NEVER_SYNCED'],
      lastSyncAttemptAt: 'date-time|null',
      hasCompletedFirstSync: 'boolean',
      syncErrorMessage: 'string|null',
      lastHealthyAt: 'date-time',
      lastHealthStatus: ['HEALTHY', 'UNHEALTHY'],
      lastHealthCheckAttemptAt: 'date-time',
      isDemo: 'boolean',
      isBasedashWarehouse: 'boolean',
      mutatingQueriesEnabled: 'boolean',
      createdAt: 'date-time',
      updatedAt: 'date-time',
    },
  },
  'verified connection': {
    surfaces: ['public'],
    answers: { 'dataSources.verify': 200 },
    fields: { success: [true] },
  },
  'deleted data source': {
    answers: { 'dataSources.delete': 200 },
    fields: { id: 'id', deleted: [true] },
  },
  access: {
    answers: { 'access.get': 200, 'access.replace': 200 },
    fields: {
      dataSourceId: 'id',
      mode: ['everyone', 'restricted'],
      groupIds: 'string[]',
      memberIds: 'string[]',
    },
  },
  icon: { answers: { 'icons.set': 200 }, fields: { iconUrl: 'string' } },
  table: {
    answers: { 'catalog.listTables': 200, 'catalog.getTable': 200 },
    isOpen: true,
    fields: {
      id: 'id',
      schema: 'string',
      name: 'string',
      comment: 'string|null',
      rowEstimate: 'number|null',
      customAiContext: 'string|null',
    },
  },
  credential: {
    answers: { 'credentials.list': 200, 'credentials.get': 200 },
    fields: {
      id: 'id',
      name: 'string',
      dataSourceId: 'id',
      dialect: dialects,
      username: 'string|null',
      host: 'string|null',
      port: 'number|null',
      databaseName: 'string|null',
      uri: 'string|null',
      secrets: {
        password: secretState,
        sslClientKey: secretState,
        snowflakePrivateKey: secretState,
        snowflakePrivateKeyPassphrase: secretState,
        bigQueryJsonKey: secretState,
        sshPassword: secretState,
        sshPrivateKey: secretState,
        sshPrivateKeyPassphrase: secretState,
      },
      lastRevealedAt: 'date-time|null',
    },
  },
  'reveal policy': {
    answers: { 'credentials.getRevealPolicy': 200, 'credentials.setRevealPolicy': 200 },
    fields: { policy: ['never', 'admins'] },
  },
  'API key': { answers: { 'apiKeys.update': 200 }, fields: apiKey },
  'listed API key': {
    answers: { 'apiKeys.list': 200 },
    fields: { ...apiKey, permissions: 'string[]' },
  },
  'new API key': {
    answers: { 'apiKeys.create': 201, 'apiKeys.rotate': 200 },
    fields: { ...apiKey, key: 'string', 'secret?': 'string' },
  },
  'usage of an API key': {
    answers: { 'apiKeys.usage': 200 },
    fields: {
      id: 'id',
      lastUsedAt: 'date-time|null',
      totalCount: 'integer',
      usage: { each: { date: 'date', route: 'string', count: 'integer' } },
    },
  },
  'audit event': {
    answers: { 'audit.list': 200 },
    isOpen: true,
    fields: {
      id: 'id',
      occurredAt: 'date-time',
      action: 'string',
      actorType: ['user', 'api_key', 'system'],
      actorId: 'string|null',
      targetType: 'string',
      targetId: 'string',
      requestId: 'string|null',
      address: 'string|null',
      userAgent: 'string|null',
      reason: 'string|null',
    },
  },
  'backup run': {
    answers: { 'backups.request': 202, 'backups.list': 200 },
    isOpen: true,
    fields: { id: 'id', organizationId: 'id', createdAt: 'date-time' },
  },
  'sync run': {
    answers: { 'dataSources.requestSync': 202, 'dataSources.listSyncs': 200 },
    isOpen: true,
    fields: { id: 'id', dataSourceId: 'id', createdAt: 'date-time' },
  },
  tokens: {
    answers: { 'auth.login': 200, 'auth.refresh': 200, 'auth.acceptInvitation': 200 },
    fields: {
      accessToken: 'string',
      refreshToken: 'string',
      tokenType: ['Bearer'],
      expiresIn: 'integer',
    },
  },
  'revealed credential': {
    answers: { 'credentials.reveal': 200 },
    fields: {
      uri: 'string|null',
      secrets: {
        'password?': 'string',
        'sslClientKey?': 'string',
        'snowflakePrivateKey?': 'string',
        'snowflakePrivateKeyPassphrase?': 'string',
        'bigQueryJsonKey?': 'string',
        'sshPassword?': 'string',
        'sshPrivateKey?': 'string',
        'sshPrivateKeyPassphrase?': 'string',
      },
      expiresAt: 'date-time',
    },
  },
};
