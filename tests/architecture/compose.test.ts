import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { workerNodeOptions } from '../../server/launcher/children/programs.ts';
import { repository } from './support/cruise.ts';

const Service = z.object({
  environment: z.record(z.string(), z.coerce.string()).default({}),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  network_mode: z.string().optional(),
  user: z.string(),
  command: z.array(z.string()).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
});

/** A vendor's database to try a connector against: no part of Basekeep, and near nothing of it. */
const Dialect = z.strictObject({
  profiles: z.tuple([z.literal('dialects')]),
  image: z.string().regex(/:\d[\w.-]*$/, 'a version by which it is pinned'),
  networks: z.tuple([z.literal('dialects')]),
  ports: z.array(z.string().startsWith('127.0.0.1:')).min(1),
  environment: z.record(z.string(), z.string()).optional(),
  command: z.array(z.string()).optional(),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  healthcheck: z.union([
    z.object({ test: z.array(z.string()).min(2) }),
    z.object({ disable: z.literal(true) }),
  ]),
});

const Compose = z.object({
  services: z.record(z.string(), z.union([Dialect, Service])),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
});

/** Parsing is a test by itself: a service that is not hardened does not parse. */
const { services: all, networks } = Compose.parse(
  parse(readFileSync(join(repository, 'docker-compose.yml'), 'utf8'), { merge: true }),
);

const services: { [name: string]: z.infer<typeof Service> } = {};
const dialects: string[] = [];
for (const [name, service] of Object.entries(all)) {
  if ('user' in service) services[name] = service;
  else dialects.push(name);
}

const servicesWith = (holds: (service: z.infer<typeof Service>) => boolean): string[] =>
  Object.entries(services).flatMap(([name, service]) => (holds(service) ? [name] : []));

const mounts = (volume: string): string[] =>
  Object.entries(services).flatMap(([name, service]) =>
    service.volumes
      .filter((mount) => mount.startsWith(`${volume}:`))
      .map((mount) => (mount.endsWith(':ro') ? `${name} reads` : `${name} writes`)),
  );

test('the private key is made by keys and read by worker, and nobody else mounts it', () => {
  expect(mounts('vault-private-key')).toEqual(['keys writes', 'worker reads']);
  expect(servicesWith(({ environment }) => 'VAULT_PRIVATE_KEY_FILE' in environment)).toEqual([
    'keys',
    'worker',
  ]);
});

test('the key that signs tokens is read by api alone', () => {
  expect(mounts('token-signing-key')).toEqual(['keys writes', 'api reads']);
});

test('no service mounts a folder of the host, which could hold every key', () => {
  expect(servicesWith(({ volumes }) => volumes.some((mount) => /^[./~$]/.test(mount)))).toEqual([]);
});

test('what makes the keys has no network, and only worker has a way out', () => {
  expect(services['keys']).toMatchObject({ network_mode: 'none', networks: [] });
  expect(networks['database']).toMatchObject({ internal: true });
  expect(servicesWith((service) => service.networks.includes('egress'))).toEqual(['worker']);
});

test('no service runs as root', () => {
  expect(servicesWith(({ user }) => user === 'root' || /^0(:|$)/.test(user))).toEqual([]);
});

test('the databases to try connectors against start only when they are asked for', () => {
  expect(dialects.sort()).toEqual([
    ...['bigquery', 'clickhouse', 'mysql', 'oracle', 'spanner', 'sql-server'],
  ]);
});

test('workers are started with the same options of Node, however they are started', () => {
  const file = readFileSync(join(repository, 'package.json'), 'utf8');
  const { scripts } = z
    .object({ scripts: z.object({ workers: z.string() }) })
    .parse(JSON.parse(file));
  const command = ['node', ...workerNodeOptions, 'workers/main.ts'];
  expect(scripts.workers).toBe(`exec ${command.join(' ')}`);
  expect(services['worker']?.command).toEqual(command);
});
