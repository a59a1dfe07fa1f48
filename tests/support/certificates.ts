import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A certificate with its key, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface IdentityOptions {
  /** As OpenSSL writes them: `DNS:localhost,IP:127.0.0.1`. */
  readonly names: string;
  /** Days from now until it ends; negative for one that has expired. Default 2. */
  readonly days?: number;
}

export interface CertificateAuthority {
  /** PEM, for `sslCaCertificate`. */
  readonly cert: string;
  sign(options: IdentityOptions): Identity;
}

/** Whether certificates can be made here; tests that need them say so when they skip. */
export function canMakeCertificates(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export function makeAuthority(): CertificateAuthority {
  const authority = selfSigned({ names: 'DNS:authority.test' }, [
    'basicConstraints=critical,CA:TRUE',
  ]);
  return { cert: authority.cert, sign: (options) => signed(authority, options) };
}

/** A certificate that nobody vouches for. */
export function makeSelfSigned(options: IdentityOptions): Identity {
  return selfSigned(options, []);
}

function selfSigned({ names, days = 2 }: IdentityOptions, extensions: readonly string[]): Identity {
  return inFolder((folder) => {
    const added = [...extensions, `subjectAltName=${names}`].flatMap((text) => ['-addext', text]);
    openssl(folder, ['req', '-x509', ...newKey, '-out', 'cert.pem', '-days', `${days}`, ...added]);
    return readIdentity(folder);
  });
}

function signed(authority: Identity, { names, days = 2 }: IdentityOptions): Identity {
  return inFolder((folder) => {
    writeFileSync(path.join(folder, 'ca.pem'), authority.cert);
    writeFileSync(path.join(folder, 'ca.key'), authority.key);
    writeFileSync(path.join(folder, 'names'), `subjectAltName=${names}`);
    openssl(folder, ['req', '-new', ...newKey, '-out', 'request.pem']);
    const from = ['-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    openssl(folder, [
      'x509',
      '-req',
      ...from,
      '-extfile',
      'names',
      '-out',
      'cert.pem',
      '-days',
      `${days}`,
    ]);
    return readIdentity(folder);
  });
}

const newKey = [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
  '-nodes',
  '-keyout',
  'key.pem',
  '-subj',
  '/CN=test',
];

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

function readIdentity(folder: string): Identity {
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  return { cert: read('cert.pem'), key: read('key.pem') };
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificates-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
