import { expect, test } from 'vitest';
import { readEnv } from '../../shared/env.ts';

const worker = {
  DATABASE_URL: 'postgres://basekeep@localhost/basekeep',
  VAULT_PUBLIC_KEY_FILE: '/keys/public',
  VAULT_PRIVATE_KEY_FILE: '/keys/private',
};
const mail = {
  SMTP_URL: 'smtps://user:c4n4ry@mail.example.com',
  SMTP_FROM: 'Basekeep <basekeep@example.com>',
  PUBLIC_URL: 'https://basekeep.example.com',
};

test('a mail server is configured whole, or not at all', () => {
  expect(readEnv('worker', { ...worker, ...mail })).toMatchObject(mail);
  expect(readEnv('launcher', mail)).toMatchObject(mail);
  expect(readEnv('worker', worker).SMTP_URL).toBeUndefined();
  for (const left of Object.keys(mail)) {
    expect(() => readEnv('worker', { ...worker, ...mail, [left]: '' })).toThrow(
      'SMTP_URL cannot be used: is set together with SMTP_FROM and PUBLIC_URL, or not at all.',
    );
  }
});

test.each([
  ['SMTP_URL', 'mail.example.com'],
  ['SMTP_URL', 'http://mail.example.com'],
  ['SMTP_FROM', 'nobody'],
  ['SMTP_FROM', 'a@b.c\r\nBcc: d@e.f'],
  ['PUBLIC_URL', 'javascript:alert(1)'],
])('a wrong %s is named, and not shown: %j', (name, value) => {
  const read = () => readEnv('worker', { ...worker, ...mail, [name]: value });
  expect(read).toThrow(`The environment variable ${name} cannot be used`);
  expect(read).not.toThrow(value);
});

test("the API is told that there is mail, and not the mail server's password", () => {
  const api = { ...worker, TOKEN_SIGNING_KEY_FILE: '/keys/signing', API_SECRET_FILE: '/keys/api' };
  const env = readEnv('server', { ...api, ...mail });
  expect(env.SMTP_FROM).toBe(mail.SMTP_FROM);
  expect(JSON.stringify(env)).not.toContain('c4n4ry');
});
