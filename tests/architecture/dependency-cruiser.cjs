/**
 * Who may import whom. Paths are relative to the folder that is cruised, so that the tests run the
 * same rules over small trees which break them. Type imports count as imports everywhere.
 */

const product = '^(server|workers|shared)/|^mikro-orm\\.config\\.ts$';

/** @param {string[]} names of npm packages, as regular expressions */
const packages = (names) => `(^|/)node_modules/(${names.join('|')})/`;

const postgresDriver = packages([
  'pg',
  'pg-(copy-streams|cursor|native|pool|protocol|query-stream)',
]);

const customerDrivers = packages([
  'mysql2?',
  'mariadb',
  'tedious',
  'oracledb',
  'mssql',
  'oracledb',
  'duckdb',
  '@duckdb/[^/]+',
  '@clickhouse/[^/]+',
  'ssh2',
  'snowflake-sdk',
  '@google-cloud/(bigquery|spanner)',
  '@aws-sdk/client-athena',
  '@databricks/sql',
]);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'shared-stands-alone',
      comment: 'Both processes reach shared; what it imports, both would carry.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(server|workers)/' },
    },
    {
      name: 'server-never-meets-workers',
      comment: 'A stolen API host must hold no driver, no key and no code that opens a secret.',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^workers/' },
    },
    {
      name: 'workers-never-meet-server',
      comment: 'A worker takes nothing from outside; what both need lives in shared.',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: '^server/' },
    },
    {
      name: 'product-never-imports-tests',
      severity: 'error',
      from: { path: product },
      to: { path: '^tests/' },
    },
    {
      name: 'features-stay-apart',
      comment: 'What two features need is shared, a middleware, or the context.',
      severity: 'error',
      from: { path: '^server/features/([^/]+)/' },
      to: { path: '^server/features/', pathNot: '^server/features/$1/' },
    },
    {
      name: 'http-only-at-the-edge',
      comment: 'A use case is a function of context and input: it knows no transport.',
      severity: 'error',
      from: {
        path: product,
        pathNot: [
          '^server/[^/]+\\.ts$',
          '^server/(http|middleware|rest|rpc)/',
          '^server/features/[^/]+/router\\.ts$',
        ],
      },
      to: { path: packages(['@trpc/[^/]+', 'express', 'trpc-to-openapi']) },
    },
    {
      name: 'customer-drivers-behind-the-guard',
      comment: 'Every connection to a customer leaves through workers/egress.',
      severity: 'error',
      from: { path: product, pathNot: '^workers/(egress|connectors)/' },
      to: { path: customerDrivers },
    },
    {
      name: 'postgres-driver-in-its-places',
      comment:
        'shared/db listens and copies on our own database, the launcher waits for the embedded one; every other use of pg is a connector.',
      severity: 'error',
      from: {
        path: product,
        pathNot: '^(workers/(egress|connectors)|shared/db|server/launcher)/',
      },
      to: { path: postgresDriver },
    },
    {
      name: 'connector-families-stay-apart',
      comment: 'A dialect can be understood, replaced and removed by itself.',
      severity: 'error',
      from: { path: '^workers/connectors/([^/]+)/' },
      to: { path: '^workers/connectors/[^/]+/', pathNot: '^workers/connectors/$1/' },
    },
    {
      name: 'vault-opens-only-in-workers',
      comment: 'The only door to plaintext. Tests open it to check what was sealed.',
      severity: 'error',
      from: { pathNot: '^(workers|tests)/' },
      to: { path: '^workers/vault/' },
    },
    {
      name: 'server-never-reaches-launcher',
      comment: 'The launcher makes keys, the private one too; the API process must not carry it.',
      severity: 'error',
      from: { path: '^server/main\\.ts$' },
      to: { path: '^server/launcher/', reachable: true },
    },
    {
      name: 'shared-is-used-by-server',
      comment: 'A file that only one process reaches belongs to that process.',
      severity: 'error',
      from: { path: '^server/main\\.ts$' },
      to: { path: '^shared/', pathNot: '^shared/db/migrations/', reachable: false },
    },
    {
      name: 'shared-is-used-by-workers',
      comment: 'A file that only one process reaches belongs to that process.',
      severity: 'error',
      from: { path: '^workers/main\\.ts$' },
      // The sealing half of the vault stands beside what both halves share; workers only open.
      to: {
        path: '^shared/',
        pathNot: '^shared/(db/migrations/|vault/seal\\.ts$|errors\\.ts$)',
        reachable: false,
      },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment:
        'This file is found by the command line of `npm run check`, and what a browser loads by an address.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['^tests/architecture/dependency-cruiser\\.cjs$', '^server/docs/browser/'],
      },
      to: {},
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency',
      comment: 'Production installs without development dependencies.',
      severity: 'error',
      from: { path: product },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A test folder may have a lock file of its own.
    // The generated clients have dependencies of their own, which a clean clone does not install.
    exclude: { path: ['^tests/.+/node_modules/', '^tests/clients/'] },
    moduleSystems: ['es6', 'cjs'],
    // Also sees the imports that disappear when types are stripped.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
