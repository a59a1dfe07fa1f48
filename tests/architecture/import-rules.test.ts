import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { config, cruise, repository, violations } from './support/cruise.ts';

type Tree = Record<string, string>;

const dependencies = ['pg', 'ssh2', '@duckdb/node-api', 'express', '@trpc/server', '@trpc/client'];

/** The smallest tree that keeps every rule; a case below changes a file or two of it. */
const lawful: Tree = {
  'server/main.ts':
    "import './app.ts'; import '../shared/errors.ts'; import '../shared/db/orm.ts';",
  'server/app.ts':
    "import 'express'; import './rest/dispatch.ts'; import './features/projects/router.ts';",
  'server/client.ts': "import '@trpc/client'; import type { App } from './app.ts';",
  'server/rest/dispatch.ts': "import '@trpc/server';",
  'server/features/projects/router.ts': "import '@trpc/server'; import './create-project.ts';",
  'server/features/projects/create-project.ts': "import '../../../shared/errors.ts';",
  'server/launcher/start.ts': "import 'pg';",
  'workers/main.ts':
    "import '../shared/errors.ts'; import '../shared/db/orm.ts'; import './connectors/index.ts'; import './vault/open.ts';",
  'workers/vault/open.ts': "import '../../shared/errors.ts';",
  'workers/connectors/index.ts':
    "import('./postgres/connector.ts'); import('./duckdb/connector.ts');",
  'workers/connectors/connector.ts': "import type { E } from '../../shared/errors.ts';",
  'workers/connectors/postgres/connector.ts':
    "import 'pg'; import '../../egress/tunnel.ts'; import type { C } from '../connector.ts';",
  'workers/connectors/duckdb/connector.ts':
    "import '@duckdb/node-api'; import type { C } from '../connector.ts';",
  'workers/egress/tunnel.ts': "import 'ssh2';",
  'shared/errors.ts': 'export type E = 1;',
  'shared/db/orm.ts': "import 'pg';",
  'shared/db/migrations/first.ts': "import '../orm.ts';",
  'tests/workers/open.test.ts':
    "import 'vitest'; import 'express'; import '../../workers/vault/open.ts';",
};

/** For each rule, what breaks it and it alone: the files that differ from the lawful tree. */
const unlawful: Record<string, Record<string, Tree>> = {
  'shared-stands-alone': {
    'a type of the server': {
      'shared/errors.ts': "import type { S } from '../server/status.ts';",
      'server/status.ts': 'export type S = 1;',
    },
    'a type of the workers': {
      'shared/errors.ts': "import type { L } from '../workers/limits.ts';",
      'workers/limits.ts': 'export type L = 1;',
    },
  },
  'server-never-meets-workers': {
    'a type': {
      'server/rest/dispatch.ts': "import type { L } from '../../workers/limits.ts';",
      'workers/limits.ts': 'export type L = 1;',
    },
    'a file loaded lazily': {
      'server/rest/dispatch.ts': "await import('../../workers/limits.ts');",
      'workers/limits.ts': 'export type L = 1;',
    },
  },
  'workers-never-meet-server': {
    'a type': { 'workers/egress/tunnel.ts': "import type { A } from '../../server/client.ts';" },
  },
  'product-never-imports-tests': {
    'a test clock': {
      'workers/egress/tunnel.ts': "import '../../tests/support/clock.ts';",
      'tests/support/clock.ts': '',
    },
  },
  'features-stay-apart': {
    "another feature's contract": {
      'server/features/projects/create-project.ts':
        "import type { G } from '../groups/contract.ts'; import '../../../shared/errors.ts';",
      'server/features/groups/contract.ts': 'export type G = 1;',
    },
  },
  'http-only-at-the-edge': {
    'tRPC in a use case': {
      'server/features/projects/create-project.ts': "import type { T } from '@trpc/server';",
    },
    'express in the launcher': { 'server/launcher/start.ts': "import 'express';" },
    'tRPC in shared': { 'shared/errors.ts': "import '@trpc/server';" },
    'express in a worker': { 'workers/egress/tunnel.ts': "import 'express';" },
  },
  'customer-drivers-behind-the-guard': {
    'SSH in the vault': { 'workers/vault/open.ts': "import 'ssh2';" },
    'SSH in the launcher': { 'server/launcher/start.ts': "import 'ssh2';" },
    'a type of DuckDB in shared': {
      'shared/db/orm.ts': "import type { D } from '@duckdb/node-api';",
    },
  },
  'postgres-driver-in-its-places': {
    'the vault': { 'workers/vault/open.ts': "import 'pg';" },
    'a use case': {
      'server/features/projects/create-project.ts': "import type { C } from 'pg';",
    },
    'shared outside shared/db': { 'shared/errors.ts': "import 'pg';" },
  },
  'connector-families-stay-apart': {
    "another family's query": {
      'workers/connectors/duckdb/connector.ts': "import type { Q } from '../postgres/query.ts';",
      'workers/connectors/postgres/query.ts': 'export type Q = 1;',
    },
  },
  'vault-opens-only-in-workers': {
    'the ORM configuration': { 'mikro-orm.config.ts': "import './workers/vault/open.ts';" },
  },
  'server-never-reaches-launcher': {
    'a detour': { 'server/rest/dispatch.ts': "import '../launcher/start.ts';" },
  },
  'shared-is-used-by-server': {
    'a file for workers alone': {
      'workers/vault/open.ts': "import '../../shared/vault/open-format.ts';",
      'shared/vault/open-format.ts': '',
    },
  },
  'shared-is-used-by-workers': {
    'a file for the server alone': {
      'server/rest/dispatch.ts': "import type { C } from '../../shared/casing.ts';",
      'shared/casing.ts': 'export type C = 1;',
    },
  },
  'no-cycle': {
    'of types': {
      'workers/egress/tunnel.ts': "import type { P } from './policy.ts';",
      'workers/egress/policy.ts': "import type { T } from './tunnel.ts';",
    },
  },
  'no-orphan': {
    'a forgotten file': { 'workers/forgotten.ts': 'export const forgotten = true;' },
  },
  'no-unresolvable': {
    'an absent file': { 'workers/egress/tunnel.ts': "import './absent.ts';" },
    'a package that is not installed': { 'workers/egress/tunnel.ts': "import 'not-installed';" },
  },
  'no-dev-dependency': {
    'a type of vitest': { 'server/rest/dispatch.ts': "import type { T } from 'vitest';" },
  },
};

let root: string;
let trees = 0;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'basekeep-import-rules-')));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Writes the tree with an installed stub of every package it may use, and applies the rules. */
async function breachesOf(changes: Tree): Promise<string[]> {
  const baseDir = join(root, String(trees++));
  const versions = Object.fromEntries(dependencies.map((name) => [name, '1.0.0']));
  const tree: Tree = {
    ...lawful,
    ...changes,
    'package.json': JSON.stringify({
      type: 'module',
      dependencies: versions,
      devDependencies: { vitest: '1.0.0' },
    }),
  };
  for (const name of [...dependencies, 'vitest']) {
    tree[`node_modules/${name}/package.json`] = JSON.stringify({ name, exports: './index.js' });
    tree[`node_modules/${name}/index.js`] = '';
  }
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(baseDir, path)), { recursive: true });
    writeFileSync(join(baseDir, path), text);
  }
  return violations(await cruise(baseDir));
}

test('a tree that keeps the rules has no violation', async () => {
  expect(await breachesOf({})).toEqual([]);
});

describe('a rule fires, and only it', () => {
  for (const [rule, breaches] of Object.entries(unlawful)) {
    test.each(Object.entries(breaches))(`${rule}: %s`, async (_title, changes) => {
      const names = (await breachesOf(changes)).map((violation) => violation.split(':')[0]);
      expect(new Set(names)).toEqual(new Set([rule]));
    });
  }
});

test('every rule is shown to fire', () => {
  expect(Object.keys(unlawful).sort()).toEqual(config.forbidden?.map(({ name }) => name).sort());
});

test('this repository keeps the rules', async () => {
  const graph = await cruise(repository);
  // Without them the rules about what a process reaches would hold for nothing.
  const sources = graph.modules.map(({ source }) => source);
  expect(sources).toEqual(expect.arrayContaining(['server/main.ts', 'workers/main.ts']));
  expect(violations(graph)).toEqual([]);
});
