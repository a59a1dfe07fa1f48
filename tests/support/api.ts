import { generateKeyPairSync, randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { createApiKey } from '../../server/features/api-keys/create-api-key.ts';
import { createOrganization } from '../../server/features/organizations/create-organization.ts';
import { createBasekeepClient } from '../../server/client.ts';
import { createAccessTokens } from '../../server/identity/access-tokens.ts';
import { actingAs } from '../../server/identity/principal.ts';
import type { RequestsPerMinute } from '../../server/context.ts';
import { startApi, type Api } from '../../server/start-api.ts';
import { systemOrigin } from '../../shared/audit/events.ts';
import { systemClock } from '../../shared/clock.ts';
import { Membership } from '../../shared/db/entities/membership.entity.ts';
import { User } from '../../shared/db/entities/user.entity.ts';
import { createOrm, type EntityManager } from '../../shared/db/orm.ts';
import { newId } from '../../shared/ids.ts';
import type { Role } from '../../shared/roles.ts';
import type { TestDatabase } from './database.ts';
import { unlimited } from './unlimited.ts';
import { useResponseRecorder, type ResponseRecorder } from './responses.ts';

await sodium.ready;

const signingKey = generateKeyPairSync('ed25519').privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string;

/** A user with an organization of its own and a bearer key. */
export interface TestTenant {
  readonly userId: string;
  readonly orgId: string;
  readonly key: string;
}

export interface RequestOptions {
  readonly key?: string;
  /** Text travels as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface TestResponse {
  readonly status: number;
  /** Parsed when it is JSON, else the text. Read it with `dataOf`, `itemsOf` and `errorOf`. */
  readonly body: unknown;
  readonly headers: Headers;
}

export interface TestApi {
  readonly url: string;
  readonly logs: string[];
  readonly vaultKeys: VaultKeys;
  readonly apiSecret: Uint8Array;
  /** Every answer to `request` has passed through it: A2 of security.md. */
  readonly recorder: ResponseRecorder;
  tenant(name?: string): Promise<TestTenant>;
  /** Another user in the tenant's organization, with a key of its own. */
  member(tenant: TestTenant, role: Role): Promise<TestTenant>;
  client(tenant: Pick<TestTenant, 'key'>): ReturnType<typeof createBasekeepClient>;
  /** One request with a JSON body; `path` from the root. Fails when the answer is not documented. */
  request(method: string, path: string, options?: RequestOptions): Promise<TestResponse>;
}

interface VaultKeys {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

const Enveloped = z.object({ data: z.unknown() });

/** What stands in the envelope of a success, parsed. */
export function dataOf<Schema extends z.ZodType>(
  response: TestResponse,
  schema: Schema,
): z.output<Schema> {
  return schema.parse(Enveloped.parse(response.body).data);
}

const Page = z.object({
  data: z.array(z.unknown()),
  pagination: z.object({ nextCursor: z.string().nullable(), hasMore: z.boolean() }),
});

/** The items of a page, parsed, and what leads to the next one. */
export function itemsOf<Schema extends z.ZodType>(response: TestResponse, schema: Schema) {
  const { data, pagination } = Page.parse(response.body);
  return { items: z.array(schema).parse(data), ...pagination };
}

const PublicError = z.object({
  title: z.string(),
  detail: z.string(),
  fieldErrors: z.record(z.string(), z.string()).optional(),
});

/** The error of the public surface, and its status. */
export function errorOf({ body, status }: TestResponse) {
  return { status, ...z.object({ error: PublicError }).parse(body).error };
}

interface ApiSettings {
  readonly vaultKeys?: VaultKeys;
  readonly apiSecret?: Uint8Array;
  /** Limits are out of the way unless a test is about them. */
  readonly perMinute?: Partial<RequestsPerMinute>;
  readonly sendsMail?: boolean;
}

/**
 * Runs the API in this process on the file's database, for the length of the file. `vaultKeys` of
 * another one make both replicas of one installation.
 */
export function useApi(
  database: TestDatabase,
  {
    vaultKeys = newVaultKeys(),
    apiSecret = randomBytes(32),
    perMinute = {},
    sendsMail = false,
  }: ApiSettings = {},
): TestApi {
  let api: Api | undefined;
  let orm: ReturnType<typeof createOrm> | undefined;
  const logs: string[] = [];
  const recorder = useResponseRecorder();

  beforeAll(async () => {
    orm = createOrm({ databaseUrl: database.url, poolSize: 2 });
    api = await startApi({
      databaseUrl: database.url,
      port: 0,
      vaultPublicKey: vaultKeys.publicKey,
      apiSecret,
      accessTokens: createAccessTokens(signingKey),
      sendsMail,
      perMinute: { ...unlimited, ...perMinute },
      log: pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) }),
    });
    await api.ready;
  });
  afterAll(async () => {
    await api?.stop();
    await orm?.close(true);
  });

  const fork = () => {
    if (!orm) throw new Error('the API is not running');
    return orm.em.fork();
  };

  const self: TestApi = {
    get url() {
      return `http://127.0.0.1:${api?.port ?? 0}`;
    },
    logs,
    vaultKeys,
    apiSecret,
    recorder,
    async tenant(name = 'Acme') {
      const em = fork();
      const userId = await createUser(em);
      const ctx = { em, clock: systemClock, origin: systemOrigin, principal: actingAs(userId) };
      const settings = { name, isBillable: true, skipOnboarding: false };
      const { id: orgId } = await createOrganization(ctx, settings);
      const { key } = await createApiKey(ctx, { orgId, name: 'test' });
      return { userId, orgId, key };
    },
    async member({ orgId }, role) {
      const em = fork();
      const userId = await createUser(em);
      em.create(Membership, { id: newId('membership'), organizationId: orgId, userId, role });
      await em.flush();
      const ctx = { em, clock: systemClock, origin: systemOrigin, principal: actingAs(userId) };
      const { key } = await createApiKey(ctx, { orgId, name: 'test' });
      return { userId, orgId, key };
    },
    client: ({ key }) => createBasekeepClient({ url: self.url, apiKey: key }),
    async request(method, path, { key, body, headers, signal } = {}) {
      const response = await fetch(`${self.url}${path}`, {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
      const received = { status: response.status, body: await bodyOf(response) };
      const contentType = response.headers.get('content-type');
      recorder.check({ method, path, contentType, ...received });
      return { ...received, headers: response.headers };
    },
  };
  return self;
}

/** A vault of its own for each API, unless told otherwise. */
function newVaultKeys(): VaultKeys {
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  return { publicKey, privateKey };
}

async function createUser(em: EntityManager): Promise<string> {
  const id = newId('user');
  em.create(User, { id, email: `${id}@example.com`, fullName: null, passwordHash: null });
  await em.flush();
  return id;
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  return response.headers.get('content-type')?.startsWith('application/json')
    ? (JSON.parse(text) as unknown)
    : text;
}
