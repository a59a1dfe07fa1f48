import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { canaryOf } from '../support/find-canaries.ts';

/** Variables in which drivers, SDKs and command line tools look for what nobody gave them. */
const variables = [
  ...['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE', 'PGOPTIONS', 'PGAPPNAME'],
  ...['PGSERVICE', 'PGPASSFILE', 'PGSSLMODE', 'PGSSLCERT', 'PGSSLKEY', 'PGREQUIRESSL'],
  ...['PGCLIENTENCODING', 'PGREPLICATION', 'DATABASE_URL', 'POSTGRES_PASSWORD'],
  ...['MYSQL_PWD', 'MYSQL_HOST', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_TCP_PORT', 'MYSQL_HOME'],
  ...['MYSQL_TEST_LOGIN_FILE', 'LIBMYSQL_PLUGINS', 'PLANETSCALE_SERVICE_TOKEN'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'],
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ...['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_ENDPOINT_URL'],
  ...[
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GOOGLE_CLOUD_PROJECT',
    'GCLOUD_PROJECT',
    'GCE_METADATA_HOST',
  ],
  ...['GOOGLE_API_KEY', 'CLOUDSDK_CONFIG', 'SPANNER_EMULATOR_HOST', 'BIGQUERY_EMULATOR_HOST'],
  ...[
    'AZURE_CLIENT_ID',
    'AZURE_CLIENT_SECRET',
    'AZURE_TENANT_ID',
    'AZURE_USERNAME',
    'AZURE_PASSWORD',
  ],
  ...[
    'MSSQL_PASSWORD',
    'SQLCMDPASSWORD',
    'SQLCMDUSER',
    'ODBCINI',
    'ODBCSYSINI',
    'TDSVER',
    'FREETDS',
  ],
  ...[
    'SNOWFLAKE_PASSWORD',
    'SNOWFLAKE_USER',
    'SNOWFLAKE_ACCOUNT',
    'SNOWFLAKE_TOKEN',
    'SNOWSQL_PWD',
  ],
  ...['SNOWFLAKE_HOME', 'SNOWFLAKE_PRIVATE_KEY_PATH', 'PRIVATE_KEY_PASSPHRASE', 'SNOWFLAKE_ROLE'],
  ...['DATABRICKS_TOKEN', 'DATABRICKS_HOST', 'DATABRICKS_CLIENT_ID', 'DATABRICKS_CLIENT_SECRET'],
  ...['DATABRICKS_CONFIG_FILE', 'DATABRICKS_CONFIG_PROFILE', 'DATABRICKS_WAREHOUSE_ID'],
  ...[
    'CLICKHOUSE_PASSWORD',
    'CLICKHOUSE_USER',
    'CLICKHOUSE_HOST',
    'CLICKHOUSE_URL',
    'CLICKHOUSE_DB',
  ],
  ...[
    'POSTHOG_API_KEY',
    'POSTHOG_PERSONAL_API_KEY',
    'POSTHOG_HOST',
    'DUCKDB_TOKEN',
    'motherduck_token',
  ],
  ...['SSHPASS', 'SSH_ASKPASS', 'NETRC', 'USER', 'LOGNAME', 'USERNAME', 'HOSTNAME'],
];

/** Files below a home folder in which the same look, with a canary in the place of each secret. */
const files: { readonly [name: string]: (canary: string) => string } = {
  '.pgpass': (canary) => `*:*:*:*:${canary.replaceAll(/[:\\]/g, '')}\n`,
  '.pg_service.conf': (canary) => `[main]\npassword=${canary}\n`,
  '.postgresql/postgresql.key': (canary) => canary,
  '.my.cnf': (canary) => `[client]\npassword=${canary}\n`,
  '.mylogin.cnf': (canary) => canary,
  '.aws/credentials': (canary) =>
    `[default]\naws_access_key_id=AKIA${canary}\naws_secret_access_key=${canary}\n`,
  '.aws/config': (canary) => `[default]\nregion=eu-central-1\nrole_arn=${canary}\n`,
  '.config/gcloud/application_default_credentials.json': (canary) =>
    JSON.stringify({
      ...{ type: 'authorized_user', client_id: canary },
      ...{ client_secret: canary, refresh_token: canary },
    }),
  '.config/gcloud/credentials.db': (canary) => canary,
  '.azure/accessTokens.json': (canary) => JSON.stringify([{ accessToken: canary }]),
  '.snowflake/connections.toml': (canary) => `[default]\npassword = '${canary}'\n`,
  '.snowflake/config.toml': (canary) => `[connections.default]\npassword = '${canary}'\n`,
  '.snowsql/config': (canary) => `[connections]\npassword = ${canary}\n`,
  '.databrickscfg': (canary) => `[DEFAULT]\nhost = https://127.0.0.1\ntoken = ${canary}\n`,
  '.clickhouse-client/config.xml': (canary) => `<config><password>${canary}</password></config>\n`,
  '.odbc.ini': (canary) => `[default]\nPWD=${canary}\n`,
  '.freetds.conf': (canary) => `[global]\nclient charset = ${canary}\n`,
  '.netrc': (canary) => `default login somebody password ${canary}\n`,
  '.duckdbrc': (canary) => `set threads = '${canary}';\n`,
  '.duckdb/stored_secrets/main.duckdb_secret': (canary) => canary,
  '.ssh/config': (canary) => `Host *\n  User ${canary}\n  IdentityFile ~/.ssh/id_rsa\n`,
  '.ssh/known_hosts': (canary) => `* ssh-ed25519 ${canary}\n`,
  // A key that could sign: no server may be offered it.
  '.ssh/id_rsa': () => homeKey.privateKey,
};

/** The key that lies in ~/.ssh. */
const homeKey = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

/** Fills a home folder with canaries. */
export function fillHome(home: string): void {
  for (const [name, write] of Object.entries(files)) {
    const file = path.join(home, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, write(canaryOf('home', path.basename(name))), { mode: 0o600 });
  }
}

/** The environment of a process whose home is this folder; `proxyPort` is where nobody may go. */
export function ambientEnv(home: string, proxyPort: number): Record<string, string> {
  const canaries = variables.map((name) => [name, canaryOf('environment', name)]);
  const credentials = canaryOf('environment', 'proxy').replaceAll(/[^\w.]/g, '');
  const proxy = `http://somebody:${credentials}@127.0.0.1:${proxyPort}`;
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy'];
  return {
    ...Object.fromEntries(canaries),
    ...Object.fromEntries(proxies.map((name) => [name, proxy])),
    NODE_USE_ENV_PROXY: '1',
    HOME: home,
    SSH_AUTH_SOCK: path.join(home, 'agent'),
    GOOGLE_APPLICATION_CREDENTIALS: path.join(
      home,
      '.config/gcloud/application_default_credentials.json',
    ),
    AWS_SHARED_CREDENTIALS_FILE: path.join(home, '.aws/credentials'),
    PGPASSFILE: path.join(home, '.pgpass'),
  };
}
