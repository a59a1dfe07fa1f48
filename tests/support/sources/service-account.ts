import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A service account of Google's with a key of its own. */
export interface ServiceAccountKey {
  readonly email: string;
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** PEM, PKCS#8. */
  readonly privateKey: string;
  /** The JSON file as the Google Cloud console writes it, with these fields in place of its own. */
  json(changes?: object): string;
}

export function makeServiceAccountKey(): ServiceAccountKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const email = 'reader@basekeep-test.iam.gserviceaccount.com';
  const keyId = '0123456789abcdef0123456789abcdef01234567';
  const file = {
    type: 'service_account',
    project_id: 'basekeep-test',
    private_key_id: keyId,
    private_key: pem,
    client_email: email,
    client_id: '123456789012345678901',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: 'https://www.googleapis.com/robot/v1/metadata/x509/reader',
    universe_domain: 'googleapis.com',
  };
  return {
    email,
    keyId,
    publicKey,
    privateKey: pem,
    json: (changes = {}) => JSON.stringify({ ...file, ...changes }, null, 2),
  };
}
