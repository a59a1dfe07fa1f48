import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type KeyOptions,
  makeSshKey,
  makeUser,
  openSshMissing,
  type OpenSshServer,
  startOpenSsh,
} from '../support/servers/openssh.ts';
import { outcome, sshTarget, startEcho } from './ssh-target.ts';

const passphrase = 'correct horse "battery" staple';

const kinds: KeyOptions[] = [
  { type: 'ed25519' },
  { type: 'ecdsa' },
  { type: 'rsa' },
  { type: 'rsa', format: 'pem' },
  { type: 'ecdsa', format: 'pem' },
  { type: 'ed25519', format: 'pkcs8' },
  { type: 'ecdsa', format: 'pkcs8' },
  { type: 'rsa', format: 'pkcs8' },
];
const pasteable: KeyOptions = { type: 'rsa', format: 'pkcs8' };
const formats = [...kinds, ...kinds.map((kind) => ({ ...kind, passphrase }))];

const made = new Map<KeyOptions, ReturnType<typeof makeSshKey>>();

/** The key of a row above, made once: an RSA key takes its time. */
function keyOf(options: KeyOptions): ReturnType<typeof makeSshKey> {
  const key = made.get(options) ?? makeSshKey(options);
  made.set(options, key);
  return key;
}

describe.skipIf(openSshMissing)(`OpenSSH ${openSshMissing ?? ''}`, () => {
  let server: OpenSshServer;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let known: { privateKey: string; publicKey: string };

  beforeAll(async () => {
    [server, echo] = await Promise.all([startOpenSsh(), startEcho()]);
    known = makeSshKey({ type: 'ed25519' });
    server.authorize(known.publicKey);
  });
  afterAll(() => Promise.all([server.close(), echo.close()]));

  const signIn = (
    secrets: Parameters<typeof sshTarget>[0]['secrets'],
    username = server.username,
  ): Promise<string> =>
    outcome(sshTarget({ port: server.port, username, secrets }), { port: echo.port });

  test.each(formats)('takes a key that is $type $format $passphrase', async (options) => {
    const key = keyOf(options);
    server.authorize(key.publicKey);
    const phrase = options.passphrase;
    const secrets = {
      sshPrivateKey: key.privateKey,
      ...(phrase === undefined ? {} : { sshPrivateKeyPassphrase: phrase }),
    };
    expect(await signIn(secrets)).toBe('echoed');
  });

  const pasted: [string, (key: string) => string][] = [
    ['Windows line ends', (key) => key.replaceAll('\n', '\r\n')],
    ['line ends that are written out', (key) => key.replaceAll('\n', '\\n')],
    [
      'blanks around it and no last line end',
      (key) => `\n  ${key.trim().replaceAll('\n', '\n  ')}`,
    ],
  ];
  test.each(pasted)('takes a key with %s', async (_what, change) => {
    expect(await signIn({ sshPrivateKey: change(known.privateKey) })).toBe('echoed');
    const pem = keyOf(pasteable);
    server.authorize(pem.publicKey);
    expect(await signIn({ sshPrivateKey: change(pem.privateKey) })).toBe('echoed');
  });

  test('ignores a passphrase that the key does not need', async () => {
    const secrets = { sshPrivateKey: known.privateKey, sshPrivateKeyPassphrase: 'none' };
    expect(await signIn(secrets)).toBe('echoed');
  });

  const encrypted = formats.filter((options) => 'passphrase' in options);
  test.each(encrypted)('tells a wrong passphrase of $type $format', async (options) => {
    const { privateKey: sshPrivateKey } = keyOf(options);
    const wrong = { sshPrivateKey, sshPrivateKeyPassphrase: 'wrong' };
    expect(await signIn(wrong)).toBe('ssh: SSH_PASSPHRASE_INVALID');
    expect(await signIn({ sshPrivateKey })).toBe('ssh: SSH_PASSPHRASE_INVALID');
  });

  const nonsense: [string, string][] = [
    ['a public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG4 me@example.com'],
    ['half a key', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU='],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['any text', 'not a key'],
  ];
  test.each(nonsense)('tells that %s is no private key', async (_what, sshPrivateKey) => {
    expect(await signIn({ sshPrivateKey })).toMatch(/^ssh: SSH_(KEY|PASSPHRASE)_INVALID$/);
  });

  test('tells an unknown user and an unknown key alike', async () => {
    const stranger = makeSshKey({ type: 'ed25519' }).privateKey;
    expect(await signIn({ sshPrivateKey: stranger })).toBe('ssh: SSH_AUTHENTICATION_FAILED');
    expect(await signIn({ sshPrivateKey: known.privateKey }, 'nobody-of-that-name')).toBe(
      'ssh: SSH_AUTHENTICATION_FAILED',
    );
  });

  test('tells a port on which nothing listens, and a name that leads nowhere', async () => {
    const secrets = { sshPrivateKey: known.privateKey };
    const closed = sshTarget({ port: 1, secrets });
    expect(await outcome(closed, { port: echo.port })).toBe('connect: SSH_CONNECTION_REFUSED');
    const lost = sshTarget({ port: 1, secrets, connection: { sshHost: 'no-such-host.invalid' } });
    const resolver = () => Promise.reject(new Error('ENOTFOUND'));
    expect(await outcome(lost, { port: echo.port, resolver })).toBe('resolve: SSH_HOST_NOT_FOUND');
  });

  const password = randomBytes(12).toString('base64url');
  const user = openSshMissing ? null : makeUser(password);
  afterAll(() => user?.remove());

  describe.skipIf(!user)('with a password (needs root, who can make a user)', () => {
    const username = user?.username ?? '';
    const as = async (
      config: readonly string[],
      secrets: Parameters<typeof sshTarget>[0]['secrets'],
    ): Promise<string> => {
      const own = await startOpenSsh({ config, username });
      own.authorize(known.publicKey);
      try {
        const target = sshTarget({ port: own.port, username, secrets });
        return await outcome(target, { port: echo.port });
      } finally {
        await own.close();
      }
    };

    test('signs in, and tells a wrong one', async () => {
      expect(await as([], { sshPassword: password })).toBe('echoed');
      expect(await as([], { sshPassword: 'wrong' })).toBe('ssh: SSH_AUTHENTICATION_FAILED');
    });

    test.each(['publickey,password', 'password,publickey'])(
      'and a key, where the server wants %s',
      async (methods) => {
        const config = [`AuthenticationMethods ${methods}`];
        const key = { sshPrivateKey: known.privateKey };
        expect(await as(config, { ...key, sshPassword: password })).toBe('echoed');
        expect(await as(config, key)).toBe('ssh: SSH_AUTHENTICATION_FAILED');
        expect(await as(config, { sshPassword: password })).toBe('ssh: SSH_AUTHENTICATION_FAILED');
        expect(await as(config, { ...key, sshPassword: 'wrong' })).toBe(
          'ssh: SSH_AUTHENTICATION_FAILED',
        );
      },
    );

    test('or a key, where either will do: the password then never leaves', async () => {
      expect(await as([], { sshPrivateKey: known.privateKey, sshPassword: 'wrong' })).toBe(
        'echoed',
      );
    });
  });
});
