import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { approveSshHostKey } from '../../../server/features/data-sources/approve-ssh-host-key.ts';
import { createDataSource } from '../../../server/features/data-sources/create-data-source.ts';
import { updateDataSource } from '../../../server/features/data-sources/update-data-source.ts';
import { getHealth } from '../../../server/features/health/get-health.ts';
import { useDatabase, useEmptyDatabase } from '../../support/database.ts';
import {
  makeSshKey,
  openSshMissing,
  type OpenSshServer,
  startOpenSsh,
} from '../../support/servers/openssh.ts';
import {
  eventually,
  firstRunEnded,
  sourceRow,
  syncAgain,
  useInstallation,
} from '../../support/worker.ts';

const control = useDatabase();
const shop = useEmptyDatabase('shop');
const installation = useInstallation(control);
const anyKey = `SHA256:${'A'.repeat(43)}`;

const base = {
  type: 'direct',
  dialect: 'POSTGRES',
  displayName: 'Shop',
  host: 'db.internal',
  username: 'reader',
  password: 'not a secret',
  databaseName: 'shop',
  sslEnabled: false,
  sshEnabled: true,
} as const;

describe('a data source behind SSH', () => {
  const create = (fields: object) =>
    createDataSource(installation.api, { orgId: installation.organizationId, ...base, ...fields });

  test.each([
    ['host', { sshUsername: 'u', sshPassword: 'p' }, 'sshHost'],
    ['user', { sshHost: 'bastion.example', sshPassword: 'p' }, 'sshUsername'],
    ['password or key', { sshHost: 'bastion.example', sshUsername: 'u' }, 'sshPassword'],
  ])('is refused without a %s of the SSH server', async (_what, fields, field) => {
    await expect(create(fields)).rejects.toMatchObject({
      code: 'VALIDATION',
      fields: { [field]: expect.any(String) },
    });
  });

  test('and without tunnel fields is as before', async () => {
    const { sshEnabled } = await create({ sshEnabled: false });
    expect(sshEnabled).toBe(false);
  });

  test('that names a client certificate needs its key', async () => {
    const sslClientCertificate = 'anything, the shape is checked before';
    await expect(create({ sshEnabled: false, sslClientCertificate })).rejects.toMatchObject({
      fields: { sslClientKey: expect.any(String) },
    });
  });

  test('has its host key replaced by an approval, which stands in the audit', async () => {
    const ssh = { sshHost: 'bastion.example', sshUsername: 'u', sshPassword: 'p' };
    const { id } = await create({ ...ssh, sshHostKey: `SHA256:${'B'.repeat(43)}` });
    const before = await sourceRow(control, id);
    const input = { orgId: installation.organizationId, id, fingerprint: anyKey };
    expect(await approveSshHostKey(installation.api, input)).toEqual({ id, sshHostKey: anyKey });
    const after = await sourceRow(control, id);
    expect(after).toMatchObject({ ssh_host_key: anyKey, connection: { sshHostKey: anyKey } });
    expect(Number(after['connection_version'])).toBe(Number(before['connection_version']) + 1);
    const { rows } = await control.pool.query<{ details: string }>(
      `select details from audit_event
       where target_id = $1 and action = 'data_source.ssh_host_key_approved'`,
      [id],
    );
    expect(rows.map(({ details }) => JSON.parse(details) as unknown)).toEqual([
      { fingerprint: anyKey, replaced: `SHA256:${'B'.repeat(43)}` },
    ]);
  });

  test('forgets the host key with its SSH server', async () => {
    const ssh = { sshHost: 'bastion.example', sshUsername: 'u', sshPassword: 'p' };
    const { id } = await create(ssh);
    const orgId = installation.organizationId;
    await approveSshHostKey(installation.api, { orgId, id, fingerprint: anyKey });
    const secrets = { password: 'not a secret', sshPassword: 'p' };
    await updateDataSource(installation.api, { orgId, id, displayName: 'Renamed' });
    expect(await sourceRow(control, id)).toMatchObject({ ssh_host_key: anyKey });
    await updateDataSource(installation.api, { orgId, id, ...secrets, sshHost: 'other.example' });
    expect(await sourceRow(control, id)).toMatchObject({ ssh_host_key: null });
  });
});

describe.skipIf(openSshMissing)(`through OpenSSH ${openSshMissing ?? ''}`, () => {
  let server: OpenSshServer;
  let side: Server;
  const key = openSshMissing ? null : makeSshKey({ type: 'ed25519' });

  beforeAll(async () => {
    server = await startOpenSsh();
    server.authorize(key?.publicKey ?? '');
    await shop.pool.query('create table customer (id bigint primary key)');
    const { hostname, port } = new URL(inject('postgresUrl'));
    side = createServer((socket) => {
      const onward = connect(Number(port), hostname);
      socket.pipe(onward).pipe(socket);
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    }).listen(0, '127.0.0.1');
    await once(side, 'listening');
  });
  afterAll(async () => {
    side.close();
    await server.close();
  });

  test('health, sync and a changed host key go the whole way', async () => {
    const address = side.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const { username, password } = new URL(shop.url);
    await installation.work();
    const orgId = installation.organizationId;
    const { id } = await createDataSource(installation.api, {
      orgId,
      ...base,
      host: '127.0.0.1',
      port: address.port,
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      databaseName: shop.name,
      sshHost: '127.0.0.1',
      sshPort: server.port,
      sshUsername: server.username,
      sshPrivateKey: key?.privateKey ?? '',
    });
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS', tables: 1 });
    const health = await eventually(async () => {
      const found = await getHealth(installation.api, { orgId, id });
      return found.lastCheck && found;
    });
    const fingerprint = server.fingerprint('ed25519');
    expect(health.lastCheck?.failure).toBeNull();
    expect(health.sshHostKey).toEqual({ trusted: fingerprint, shown: fingerprint });

    await approveSshHostKey(installation.api, { orgId, id, fingerprint: anyKey });
    const changed = await eventually(async () => {
      const found = await getHealth(installation.api, { orgId, id });
      return found.lastCheck?.failure && found;
    });
    expect(changed.lastCheck?.failure).toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
      actor: 'you',
    });
    expect(changed.sshHostKey).toEqual({ trusted: anyKey, shown: fingerprint });
    expect(changed.lastCheck?.steps.at(-1)).toMatchObject({ step: 'ssh', actor: 'you' });

    await approveSshHostKey(installation.api, { orgId, id, fingerprint });
    expect(await syncAgain(installation, control, id)).toMatchObject({ status: 'SUCCESS' });
  });
});
