import { randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { createApiKey } from '../../server/features/api-keys/create-api-key.ts';
import { createOrganization } from '../../server/features/organizations/create-organization.ts';
import { createBasekeepClient } from '../../server/client.ts';
import { startApi, type Api } from '../../server/start-api.ts';
import { systemOrigin } from '../../shared/audit/events.ts';
import { systemClock } from '../../shared/clock.ts';
import { User } from '../../shared/db/entities/user.entity.ts';
import { createOrm } from '../../shared/db/orm.ts';
import { newId } from '../../shared/ids.ts';
import type { TestDatabase } from './database.ts';

/** A user with an organization of its own and a bearer key. */
export interface TestTenant {
  readonly userId: string;
  readonly orgId: string;
  readonly key: string;
}

export interface TestApi {
  readonly url: string;
  readonly logs: string[];
  readonly vaultKeys: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array };
  tenant(name?: string): Promise<TestTenant>;
  client(tenant: TestTenant): ReturnType<typeof createBasekeepClient>;
  /** One request with a JSON body; `path` from the root. */
  request(
    method: string,
    path: string,
    options?: { key?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; body: any; headers: Headers }>;
}

/** Runs the API in this process on the file's database, for the length of the file. */
export function useApi(database: TestDatabase): TestApi {
  let api: Api | undefined;
  let orm: ReturnType<typeof createOrm> | undefined;
  const logs: string[] = [];
  const vaultKeys = { publicKey: new Uint8Array(), privateKey: new Uint8Array() };

  beforeAll(async () => {
    await sodium.ready;
    Object.assign(vaultKeys, sodium.crypto_box_keypair());
    orm = createOrm({ databaseUrl: database.url, poolSize: 2 });
    api = await startApi({
      databaseUrl: database.url,
      port: 0,
      vaultPublicKey: vaultKeys.publicKey,
      apiSecret: randomBytes(32),
      jwks: [],
      log: pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) }),
    });
    await api.ready;
  });
  afterAll(async () => {
    await api?.stop();
    await orm?.close(true);
  });

  const self: TestApi = {
    get url() {
      return `http://127.0.0.1:${api?.port ?? 0}`;
    },
    logs,
    vaultKeys,
    async tenant(name = 'Acme') {
      if (!orm) throw new Error('the API is not running');
      const em = orm.em.fork();
      const id = newId('user');
      em.create(User, { id, email: `${id}@example.com`, fullName: null, passwordHash: null });
      await em.flush();
      const ctx = { em, clock: systemClock, origin: systemOrigin, principal: { userId: id } };
      const organization = await createOrganization(ctx, {
        name,
        isBillable: true,
        skipOnboarding: false,
      });
      const { key } = await createApiKey(ctx, { orgId: organization.id, name: 'test' });
      return { userId: id, orgId: organization.id, key };
    },
    client: ({ key }) => createBasekeepClient({ url: self.url, apiKey: key }),
    async request(method, path, { key, body, headers } = {}) {
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
      });
      const text = await response.text();
      return {
        status: response.status,
        body: text ? JSON.parse(text) : undefined,
        headers: response.headers,
      };
    },
  };
  return self;
}
