import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionTarget } from '../../../workers/connectors/connector.ts';
import {
  makeSshKey,
  openSshMissing,
  type OpenSshServer,
  startOpenSsh,
} from '../../support/servers/openssh.ts';
import { expectGone, openSockets } from './left-open.ts';
import type { Proofs } from './proofs.ts';
import { never, type Subject } from './subject.ts';

/** What every connector that goes over one TCP connection promises of an SSH tunnel. */
export function tunnels({ under, server, target, read }: Subject, proofs: Proofs): void {
  describe.skipIf(openSshMissing)(`an SSH tunnel ${openSshMissing ?? ''}`, () => {
    const key = openSshMissing ? null : makeSshKey({ type: 'ed25519' });
    let ssh: OpenSshServer;
    beforeAll(async () => {
      ssh = await startOpenSsh();
      ssh.authorize(key?.publicKey ?? '');
    });
    afterAll(() => ssh.close());
    /** The server as its SSH server sees it. */
    const through = (): ConnectionTarget => {
      const direct = target({
        sshEnabled: true,
        sshHost: '127.0.0.1',
        sshPort: ssh.port,
        sshUsername: ssh.username,
      });
      return { ...direct, secrets: { ...direct.secrets, sshPrivateKey: key?.privateKey ?? '' } };
    };

    test(
      'carries a probe, and the probe says so',
      proofs.of('SSH', async () => {
        const before = openSockets();
        const report = await under.connector.probe(through(), never);
        expect(report.failure).toBeNull();
        expect(report.steps.map(({ step }) => step)).toContain('ssh');
        await expectGone(before, server);
      }),
    );

    test(
      'carries a catalog, the same as without it',
      proofs.of('SSH', async () => {
        const before = openSockets();
        const tables = await Array.fromAsync(under.connector.readCatalog(through(), never));
        expect(tables.length).toBeGreaterThan(0);
        expect(new Set(tables.map(nameOf))).toEqual(new Set((await read()).map(nameOf)));
        await expectGone(before, server);
      }),
    );

    test(
      'that is refused is not gone around',
      proofs.of('SSH', async () => {
        const { connection, ...rest } = through();
        const stranger = { ...connection, sshUsername: 'nobody-of-that-name' };
        const report = await under.connector.probe({ ...rest, connection: stranger }, never);
        expect(report.steps.at(-1)).toMatchObject({
          step: 'ssh',
          failure: 'SSH_AUTHENTICATION_FAILED',
        });
        expect(await server.connections()).toBe(0);
      }),
    );
  });
}

const nameOf = ({ schema, name }: { schema: string; name: string }): string =>
  JSON.stringify([schema, name]);
