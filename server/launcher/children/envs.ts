import type { LauncherEnv } from '../../../shared/env.ts';
import type { KeyFiles } from '../keys.ts';
import type { ProgramName } from './programs.ts';

interface Places {
  readonly port: number;
  readonly keys: KeyFiles;
  readonly databaseUrl: string;
}

type Env = Readonly<Record<string, string>>;

/** What each program is told, by name, and nothing more. */
export function envsOf(env: LauncherEnv, at: Places): Record<ProgramName, Env> {
  const common = { DATABASE_URL: at.databaseUrl, LOG_LEVEL: env.LOG_LEVEL };
  const isEmbedded = env.DATABASE_URL === undefined;
  return {
    API: {
      ...common,
      PORT: String(at.port),
      VAULT_PUBLIC_KEY_FILE: at.keys.vaultPublicKey,
      TOKEN_SIGNING_KEY_FILE: at.keys.tokenSigningKey,
      TOKEN_PREVIOUS_KEY_FILE: env.TOKEN_PREVIOUS_KEY_FILE ?? '',
      API_SECRET_FILE: at.keys.apiSecret,
      RATE_LIMIT_FREE: String(env.RATE_LIMIT_FREE),
      RATE_LIMIT_PRO: String(env.RATE_LIMIT_PRO),
      RATE_LIMIT_ENTERPRISE: String(env.RATE_LIMIT_ENTERPRISE),
      RATE_LIMIT_ADDRESS: String(env.RATE_LIMIT_ADDRESS),
      TRUST_PROXY_HOPS: String(env.TRUST_PROXY_HOPS),
      ...(env.METRICS_TOKEN === undefined ? {} : { METRICS_TOKEN: env.METRICS_TOKEN }),
      SMTP_FROM: env.SMTP_FROM ?? '',
    },
    worker: {
      ...common,
      VAULT_PUBLIC_KEY_FILE: at.keys.vaultPublicKey,
      VAULT_PRIVATE_KEY_FILE: at.keys.vaultPrivateKey,
      VAULT_OTHER_PRIVATE_KEY_FILE: env.VAULT_OTHER_PRIVATE_KEY_FILE ?? '',
      EGRESS_PRIVATE: String(isEmbedded && env.EGRESS_ALLOW_CIDRS === undefined),
      EGRESS_ALLOW_CIDRS: env.EGRESS_ALLOW_CIDRS?.join(',') ?? '',
      ...(env.DUCKDB_ROOT === undefined ? {} : { DUCKDB_ROOT: env.DUCKDB_ROOT }),
      EGRESS_DENY_ENDPOINTS: `127.0.0.1:${at.port}`,
      SMTP_URL: env.SMTP_URL ?? '',
      SMTP_FROM: env.SMTP_FROM ?? '',
      PUBLIC_URL: env.PUBLIC_URL ?? '',
      WORKER_CONCURRENCY: String(env.WORKER_CONCURRENCY),
    },
  };
}
