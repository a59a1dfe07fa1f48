import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isWholeMail, mailVariables, MailSender, wholeMailOnly } from './mail-env.ts';

const isCidr = (value: string): boolean => {
  const [address = '', bits] = value.split('/');
  const family = isIP(address);
  if (!family || bits === undefined || !/^\d{1,3}$/.test(bits)) return false;
  try {
    new BlockList().addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
};

const Cidrs = z
  .string()
  .transform((value) => value.split(',').map((part) => part.trim()))
  .pipe(
    z.array(z.string().refine(isCidr, 'must be a comma-separated list of networks in CIDR form')),
  );

const PostgresUrl = z
  .string()
  .refine((value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value), {
    error: 'must be a URL that starts with postgres://',
  });

const Port = z.coerce.number('must be a port number').int().min(0).max(65_535);
const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']);

const Folder = z.string().refine(isAbsolute, 'must be an absolute path');

const common = {
  DATABASE_URL: PostgresUrl,
  LOG_LEVEL: LogLevel.default('info'),
};

const perMinute = (byDefault: number) =>
  z.coerce.number('must be a whole number').int().min(1).max(1_000_000_000).default(byDefault);

/** Requests a minute: of a key or a user by the plan of its organization, and of who is unknown. */
const rateLimits = {
  RATE_LIMIT_FREE: perMinute(60),
  RATE_LIMIT_PRO: perMinute(600),
  RATE_LIMIT_ENTERPRISE: perMinute(6_000),
  RATE_LIMIT_ADDRESS: perMinute(60),
};

/** How many proxies of ours stand in front: so many addresses of X-Forwarded-For are believed. */
const TRUST_PROXY_HOPS = z.coerce.number('must be a number').int().min(0).max(10).default(0);

/** How long the API still answers after SIGTERM, so that a load balancer sees that it is leaving. */
const DRAIN_SECONDS = z.coerce.number('must be a number').min(0).max(300).default(0);

/** While a signing key is being changed: the one before, whose tokens are still taken. */
const TOKEN_PREVIOUS_KEY_FILE = z.string().min(1).optional();

const WORKER_CONCURRENCY = z.coerce.number().int().min(1).max(64).default(4);

const owner = {
  BASEKEEP_OWNER_EMAIL: z.email().default('owner@basekeep.local'),
  BASEKEEP_OWNER_PASSWORD: z.string().min(12).max(1024).optional(),
};

/** `server/main.ts`. Nothing in here can open a secret. */
const ServerEnv = z.object({
  ...common,
  PORT: Port.default(3000),
  VAULT_PUBLIC_KEY_FILE: z.string().min(1),
  TOKEN_SIGNING_KEY_FILE: z.string().min(1),
  TOKEN_PREVIOUS_KEY_FILE,
  API_SECRET_FILE: z.string().min(1),
  METRICS_TOKEN: z.string().min(16).optional(),
  /** Set where workers send e-mail. The API needs to know that they do, and not how. */
  SMTP_FROM: MailSender.optional(),
  ...rateLimits,
  TRUST_PROXY_HOPS,
  DRAIN_SECONDS,
});

/** While the vault's key is being changed: the private key that is coming or going. */
const VAULT_OTHER_PRIVATE_KEY_FILE = z.string().min(1).optional();

const vaultKeys = {
  VAULT_PUBLIC_KEY_FILE: z.string().min(1),
  VAULT_PRIVATE_KEY_FILE: z.string().min(1),
  VAULT_OTHER_PRIVATE_KEY_FILE,
};

/** `npm run vault:rotate`. */
const VaultEnv = z.object({ ...common, ...vaultKeys });

/** `workers/main.ts`. */
const WorkerEnv = z.object({
  ...common,
  ...vaultKeys,
  EGRESS_ALLOW_CIDRS: Cidrs.optional(),
  /** Set by `npm start` only: private ranges and loopback are open on a machine of one's own. */
  EGRESS_PRIVATE: z.stringbool().default(false),
  /** Addresses of the control plane that no data source may point to, beside its database's. */
  EGRESS_DENY_ENDPOINTS: z
    .string()
    .default('')
    .transform((value) => value.split(',').filter(Boolean)),
  /** The folder whose files DUCKDB may open; no file without it. */
  DUCKDB_ROOT: Folder.optional(),
  WORKER_CONCURRENCY,
  ...mailVariables,
});

/** `npm run migrate`. */
const MigrateEnv = z.object(common);

/** `npm start`. */
const LauncherEnv = z.object({
  ...common,
  DATABASE_URL: PostgresUrl.optional(),
  PORT: Port.default(3000),
  BASEKEEP_DATA_DIR: z.string().min(1).default('.data'),
  ...owner,
  EGRESS_ALLOW_CIDRS: Cidrs.optional(),
  DUCKDB_ROOT: Folder.optional(),
  VAULT_OTHER_PRIVATE_KEY_FILE,
  TOKEN_PREVIOUS_KEY_FILE,
  WORKER_CONCURRENCY,
  METRICS_TOKEN: z.string().min(16).optional(),
  ...mailVariables,
  ...rateLimits,
  TRUST_PROXY_HOPS,
});

/** `node server/launcher/create-owner.ts`. */
const OwnerEnv = z.object({ ...common, ...owner });

/** `node server/launcher/make-keys.ts`. */
const KeysEnv = z.object({
  VAULT_PUBLIC_KEY_FILE: z.string().min(1),
  VAULT_PRIVATE_KEY_FILE: z.string().min(1),
  TOKEN_SIGNING_KEY_FILE: z.string().min(1),
  API_SECRET_FILE: z.string().min(1),
});

const schemas = {
  server: ServerEnv,
  worker: WorkerEnv.refine(isWholeMail, wholeMailOnly),
  vault: VaultEnv,
  migrate: MigrateEnv,
  launcher: LauncherEnv.refine(isWholeMail, wholeMailOnly),
  keys: KeysEnv,
  owner: OwnerEnv,
};

export type ServerEnv = z.infer<typeof ServerEnv>;
export type WorkerEnv = z.infer<typeof WorkerEnv>;
export type LauncherEnv = z.infer<typeof LauncherEnv>;

/** A wrong or missing variable. The message is one sentence that names it and never its value. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
}

type Process = keyof typeof schemas;

/** Parses the environment of one process. Throws `EnvError`; an empty variable counts as absent. */
export function readEnv<P extends Process>(
  process_: P,
  source: NodeJS.ProcessEnv = process.env,
): z.infer<(typeof schemas)[P]> {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = schemas[process_].safeParse(given);
  if (parsed.success) return parsed.data as z.infer<(typeof schemas)[P]>;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? 'environment');
  const isMissing = given[name] === undefined && issue?.code !== 'custom';
  const reason = isMissing ? 'is required' : (issue?.message ?? 'is wrong');
  throw new EnvError(`The environment variable ${name} cannot be used: ${reason}.`);
}

/**
 * Takes out of the environment what drivers complete missing credentials and settings from: they would
 * be sent to whatever host a customer names. Oracle's reads files from TNS_ADMIN, and writes packets,
 * passwords included, to standard output when NODE_ORACLEDB_DEBUG_PACKETS is there.
 */
export function forgetAmbientCredentials(environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(environment)) {
    if (/^(PG|AWS_|GOOGLE_|AZURE_|ORA_|TNS_|NODE_ORACLEDB_)/.test(name)) delete environment[name];
  }
}

/** Reads a key file that a variable points to. The error names the variable, not the content. */
export function readKeyFile(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new EnvError(
      `The environment variable ${variable} points to a file that cannot be read.`,
      {
        cause,
      },
    );
  }
}

/** A key file holds 32 bytes in base64. Throws `EnvError` for anything else. */
export function readKey(variable: string, path: string): Uint8Array {
  const key = Buffer.from(readKeyFile(variable, path).toString('utf8').trim(), 'base64');
  if (key.length === 32) return key;
  throw new EnvError(`The environment variable ${variable} points to a file that is not a key.`);
}
