import { tellUp, wholeEnv } from '../shared/channel.ts';
import { EnvError, readEnv, readKey } from '../shared/env.ts';
import { createLogger } from '../shared/logger.ts';
import { readAccessTokens } from './keys.ts';
import { startApi } from './start-api.ts';

async function main(): Promise<void> {
  const { source, opened, left } = await wholeEnv();
  const env = readEnv('server', source);
  const log = createLogger(env.LOG_LEVEL, 'api');
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection');
    process.exit(1);
  });
  const api = await startApi({
    databaseUrl: env.DATABASE_URL,
    opened,
    port: env.PORT,
    vaultPublicKey: readKey('VAULT_PUBLIC_KEY_FILE', env.VAULT_PUBLIC_KEY_FILE),
    apiSecret: readKey('API_SECRET_FILE', env.API_SECRET_FILE),
    accessTokens: readAccessTokens(env),
    metricsToken: env.METRICS_TOKEN,
    sendsMail: env.SMTP_FROM !== undefined,
    perMinute: {
      FREE: env.RATE_LIMIT_FREE,
      PRO: env.RATE_LIMIT_PRO,
      ENTERPRISE: env.RATE_LIMIT_ENTERPRISE,
      ADDRESS: env.RATE_LIMIT_ADDRESS,
    },
    trustedProxies: env.TRUST_PROXY_HOPS,
    leaveMs: env.DRAIN_SECONDS * 1_000,
    log,
  });
  log.info({ port: api.port }, 'listening');
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= api.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  void left.then(stop);
  await api.ready;
  log.info('ready');
  tellUp();
}

// Not awaited: in the bundle this is a script.
main().catch((error: unknown) => {
  if (!(error instanceof EnvError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
