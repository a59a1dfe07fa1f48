import { createHmac } from 'node:crypto';
import aws4 from 'aws4';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/** A call as it is signed: always POST to the root of an endpoint. */
export interface CallToSign {
  readonly host: string;
  readonly region: string;
  readonly service: string;
  /** Names in lower case; all of them are part of what is signed. */
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  readonly at: Date;
}

// IAM API reference, "AccessKey"; what a secret consists of is not documented, but that it is visible.
const keyId = /^\w{16,128}$/;
const keySecret = /^[\x21-\x7e]{16,256}$/;

/** The connection's own key, and no other: nothing is looked for on this machine. CREDENTIALS_INVALID. */
export function accessKeyOf({ connection, secrets }: ConnectionTarget): AccessKey {
  const id = connection.username ?? '';
  const secret = secrets.password ?? '';
  if (!keyId.test(id) || !keySecret.test(secret)) {
    throw new ConnectionFailure('CREDENTIALS_INVALID');
  }
  return { id, secret };
}

/** The headers of a call, its signature by Version 4 among them. */
export function signedHeaders(key: AccessKey, call: CallToSign): Record<string, string> {
  const date = call.at.toISOString().replace(/[:-]|\.\d{3}/g, '');
  const headers = { ...call.headers, host: call.host, 'x-amz-date': date };
  const { region, service, body } = call;
  const request = { method: 'POST', path: '/', doNotModifyHeaders: true };
  const signer = new Signer({ ...request, headers, body, region, service }, key, date);
  return { ...headers, authorization: signer.authHeader() };
}

/**
 * aws4 without its cache of secret keys, which lasts as long as the process: what is canonical and
 * what is signed comes from the library, and the secret never gets there.
 */
class Signer extends aws4.RequestSigner {
  readonly #secret: string;

  constructor(
    request: ConstructorParameters<typeof aws4.RequestSigner>[0],
    key: AccessKey,
    date: string,
  ) {
    // Without credentials it would take those of the environment.
    super(request, { accessKeyId: key.id });
    this.#secret = key.secret;
    this.datetime = date;
  }

  override signature(): string {
    const scope = [this.getDate(), this.region, this.service, 'aws4_request'];
    const key = scope.reduce(hmac, Buffer.from(`AWS4${this.#secret}`));
    return hmac(key, this.stringToSign()).toString('hex');
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
