import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOrm, type Orm } from '../../shared/db/orm.ts';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';
import { invitationContext } from '../../shared/vault/invitation-context.ts';
import { loadDelivery } from '../../workers/deliver-webhook/load-delivery.ts';
import { loadDataSource } from '../../workers/load-data-source.ts';
import { loadInvitation } from '../../workers/send-invitation/load-invitation.ts';
import { createVault, type KeyPair, type SealedSecret } from '../../workers/vault/open.ts';
import { rotateVaultKey } from '../../workers/vault/rotate-vault-key.ts';
import { postgres } from '../features/fixtures.ts';
import { newAddress } from '../features/identity/people.ts';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { newKeyPair } from './fixtures.ts';

// The vault's key is changed while everybody goes on working: whatever is sealed is wrapped again, and
// no secret is opened for it. The API of this file goes on sealing for the first key, as one that has
// not been started anew would.

const database = useDatabase();
const api = useApi(database, { sendsMail: true });
let orm: Orm;
let tenant: TestTenant;
const tables = ['secret_envelope', 'webhook_secret', 'invitation'];

beforeAll(async () => {
  orm = createOrm({ databaseUrl: database.url, poolSize: 2 });
  tenant = await api.tenant();
});
afterAll(() => orm.close(true));

/** One of everything that is sealed, and what is in it where that is known. */
async function sealSome() {
  const { orgId } = tenant;
  const client = api.client(tenant);
  const { id: sourceId } = await client.dataSources.create.mutate({ orgId, ...postgres });
  const url = 'https://hooks.example.com/rotation';
  const { id: webhookId, secret } = await client.webhooks.create.mutate({ orgId, url });
  const { id: deliveryId } = await client.webhooks.test.mutate({ orgId, id: webhookId });
  const member = await client.members.invite.mutate({ orgId, email: newAddress() });
  const { rows } = await database.pool.query<{ id: string }>(
    'select id from invitation where membership_id = $1',
    [member.id],
  );
  return { sourceId, deliveryId, secret, invitationId: rows[0]?.id ?? '' };
}

type Sealed = Awaited<ReturnType<typeof sealSome>>;

/** What a worker that holds these keys finds in the secrets; null for what does not open. */
async function opened(keys: KeyPair, { sourceId, deliveryId, invitationId }: Sealed) {
  const vault = await createVault([keys]);
  const em = orm.em.fork();
  const read = (sealed: readonly SealedSecret<string>[] | undefined) =>
    vault
      .use(sealed ?? [], (secrets) => Promise.resolve(Object.values(secrets)[0] ?? ''))
      .catch(() => null);
  const invitation = await loadInvitation(em, invitationId);
  return {
    password: await read((await loadDataSource(em, sourceId))?.secrets),
    webhook: await read((await loadDelivery(em, deliveryId))?.secrets),
    invitation: await read(
      invitation
        ? [
            {
              field: 'token',
              envelope: invitation.envelope,
              context: invitationContext({ ...invitation, invitationId }),
            },
          ]
        : undefined,
    ),
  };
}

const all = ({ secret }: Sealed) => ({
  password: postgres.password,
  webhook: secret,
  invitation: expect.stringMatching(/^bki_/),
});

const none = { password: null, webhook: null, invitation: null };

const rotate = (from: KeyPair, to: KeyPair) => rotateVaultKey(orm.em.fork(), { from, to });

async function ciphertexts(): Promise<unknown[]> {
  const each = tables.map((table) => database.pool.query(`select id, ciphertext from ${table}`));
  return (await Promise.all(each)).map(({ rows }) => rows.map((row) => JSON.stringify(row)).sort());
}

/** Copies of one envelope: more than a batch of them. */
const manyMore = 1_001;
const copySome = () =>
  database.pool.query(`
    insert into secret_envelope select copy.*
    from (select e from secret_envelope e limit 1) one, generate_series(1, ${manyMore}) n,
      jsonb_populate_record(one.e,
        jsonb_build_object('id', 'sec_copy' || n, 'owner_id', 'ds_copy' || n)) copy`);

let first: KeyPair | undefined;
let second: KeyPair | undefined;

describe('a change of key', () => {
  test('wraps everything again, and nothing is left for the old one', async () => {
    const sealed = await sealSome();
    await copySome();
    const before = await ciphertexts();
    const [old, fresh] = [api.vaultKeys, await newKeyPair()];
    expect(await opened(old, sealed)).toEqual(all(sealed));
    expect(await opened(fresh, sealed)).toEqual(none);
    expect(await rotate(old, fresh)).toEqual({ rewrapped: 3 + manyMore, left: 0 });
    expect(await opened(fresh, sealed)).toEqual(all(sealed));
    expect(await opened(old, sealed)).toEqual(none);
    expect(await ciphertexts()).toEqual(before);
    expect(await rotate(old, fresh)).toEqual({ rewrapped: 0, left: 0 });
    [first, second] = [old, fresh];
  });

  test('finds with the next run what was sealed for the old key meanwhile', async () => {
    const sealed = await sealSome();
    const [old, fresh] = keys();
    expect(await opened(old, sealed)).toEqual(all(sealed));
    expect(await rotate(old, fresh)).toEqual({ rewrapped: 3, left: 0 });
    expect(await opened(fresh, sealed)).toEqual(all(sealed));
  });

  test('that is broken off goes on where it was', async () => {
    const sealed = await sealSome();
    const [old, fresh] = keys();
    await database.pool.query(`
      create function no() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
      create trigger no before update on webhook_secret execute function no()`);
    await expect(rotate(old, fresh)).rejects.toThrow();
    await database.pool.query('drop trigger no on webhook_secret');
    expect(await opened(old, sealed)).toEqual({ ...all(sealed), password: null });
    expect(await rotate(old, fresh)).toEqual({ rewrapped: 2, left: 0 });
    expect(await opened(fresh, sealed)).toEqual(all(sealed));
  });

  test('leaves what was tampered with alone, and says that it is left', async () => {
    const { sourceId } = await sealSome();
    const [old, fresh] = keys();
    await database.pool.query(
      'update secret_envelope set wrapped = set_byte(wrapped, 0, 255 - get_byte(wrapped, 0)) where owner_id = $1',
      [sourceId],
    );
    expect(await rotate(old, fresh)).toEqual({ rewrapped: 2, left: 1 });
    await database.pool.query('delete from secret_envelope where owner_id = $1', [sourceId]);
  });

  test('from a key that this database does not know is refused', async () => {
    await expect(rotate(await newKeyPair(), await newKeyPair())).rejects.toThrow(
      'holds another key than the one this database was set up with',
    );
  });
});

function keys(): readonly [KeyPair, KeyPair] {
  if (!first || !second) throw new Error('the first test has not been run');
  return [first, second];
}

describe('npm run vault:rotate', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vault-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const fileWith = (name: string, key: Uint8Array): string => {
    const file = path.join(folder, name);
    writeFileSync(file, Buffer.from(key).toString('base64'), { mode: 0o600 });
    return file;
  };

  async function run(environment: Record<string, string>) {
    const child = spawn(process.execPath, ['workers/rotate-vault.ts'], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      env: { ...inheritedEnv(), DATABASE_URL: database.url, ...environment },
    });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => said.push(chunk));
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, said: Buffer.concat(said).toString() };
  }

  test('says how many it has wrapped and what is left, and wants both keys', async () => {
    await sealSome();
    const [old, fresh] = keys();
    const environment = {
      VAULT_PUBLIC_KEY_FILE: fileWith('public', fresh.publicKey),
      VAULT_PRIVATE_KEY_FILE: fileWith('private', fresh.privateKey),
    };
    expect(await run(environment)).toEqual({
      code: 1,
      said: 'The environment variable VAULT_OTHER_PRIVATE_KEY_FILE is required.\n',
    });
    const other = { VAULT_OTHER_PRIVATE_KEY_FILE: fileWith('other', old.privateKey) };
    expect(await run({ ...environment, ...other })).toEqual({
      code: 0,
      said: '3 secrets were wrapped for the new key; 0 are still sealed for another.\n',
    });
    expect(
      await run({ ...environment, ...other, VAULT_PUBLIC_KEY_FILE: fileWith('x', old.publicKey) }),
    ).toMatchObject({ code: 1, said: expect.stringContaining('does not belong to the one') });
  }, 120_000);
});
