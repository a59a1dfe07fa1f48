import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';
import { freePort } from '../support/free-port.ts';
import { startSocketServer } from '../support/servers/socket-server.ts';
import { addressOf, services } from './addresses.ts';
import { choose } from './choose.ts';
import { findMissing } from './find-missing.ts';

// The runner of `npm run test:dialects`; what it runs needs vendors' servers, which not everybody has.

// Whatever else this machine is used for.
beforeEach(() => {
  for (const service of services) vi.stubEnv(addressOf(service).variable, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('without names all are chosen, with names those, and a name that is none is refused', () => {
  expect(choose([])).toEqual(services);
  expect(choose(['oracle', 'mysql'])).toEqual(['mysql', 'oracle']);
  expect(() => choose(['mysql', 'postgres'])).toThrow(/^postgres: not one of mysql, sql-server/);
});

test('a variable that is no address is refused by its name', () => {
  vi.stubEnv('BASEKEEP_TEST_SQL_SERVER_URL', 'sql-server.example');
  expect(() => addressOf('sql-server')).toThrow('BASEKEEP_TEST_SQL_SERVER_URL is not a URL like');
});

test('what answers is not missing, and what does not is named with what would start it', async () => {
  const server = await startSocketServer((socket) => socket.destroy());
  vi.stubEnv('BASEKEEP_TEST_MYSQL_URL', `mysql://root@127.0.0.1:${server.port}`);
  expect(await findMissing('mysql')).toBeNull();
  await server.close();
  expect(await findMissing('mysql')).toBe(
    `MYSQL: nothing answers at 127.0.0.1:${server.port}. Start it with "POSTGRES_PASSWORD=unused docker compose up --detach --wait mysql", or name another server in BASEKEEP_TEST_MYSQL_URL.`,
  );
});

test('the runner says what is missing and ends with a failure', async () => {
  const url = `oracle://system@127.0.0.1:${await freePort()}/FREEPDB1`;
  const script = new URL('run.ts', import.meta.url).pathname;
  const env = { ...inheritedEnv(), BASEKEEP_TEST_ORACLE_URL: url };
  const run = promisify(execFile)(process.execPath, [script, 'oracle'], { env });
  await expect(run).rejects.toMatchObject({
    ...{ code: 1, stderr: expect.stringMatching(/^ORACLE: nothing answers at .*\n$/) },
  });
});

describe('without variables', () => {
  const Compose = z.object({
    services: z.record(
      z.string(),
      z.object({
        profiles: z.array(z.string()).optional(),
        ports: z.array(z.string()).default([]),
        environment: z.record(z.string(), z.coerce.string()).default({}),
      }),
    ),
  });
  const file = new URL('../../docker-compose.yml', import.meta.url);
  const compose = Compose.parse(parse(readFileSync(file, 'utf8'), { merge: true }));

  test('what is tested against is every service of the profile', () => {
    const named = Object.entries(compose.services).flatMap(([name, { profiles = [] }]) =>
      profiles.includes('dialects') ? [name] : [],
    );
    expect(named.sort()).toEqual([...services].sort());
  });

  test.each(services)('%s is where docker-compose.yml has it, with its password', (service) => {
    const { ports, environment } = compose.services[service] ?? {};
    const { url } = addressOf(service);
    expect(ports).toContainEqual(expect.stringMatching(new RegExp(`^${url.host}:\\d+$`)));
    const passwords = Object.entries(environment ?? {}).filter(([name]) =>
      /PASSWORD|PWD/.test(name),
    );
    expect(passwords.map(([, value]) => value)).toEqual(
      url.password === '' ? [] : [`\${DIALECTS_PASSWORD:-${url.password}}`],
    );
  });
});
