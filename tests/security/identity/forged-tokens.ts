import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;

/** An access token taken apart, and the key that it was signed with. */
export interface Genuine {
  readonly header: Json;
  readonly payload: Json;
  readonly signature: string;
  readonly key: KeyObject;
}

const encoded = (part: Json | string): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

const signed = (header: Json, payload: Json, key: KeyObject): string => {
  const text = `${encoded(header)}.${encoded(payload)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
};

const hashed = (header: Json, payload: Json, secret: string | Buffer): string => {
  const text = `${encoded(header)}.${encoded(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
};

const aside = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const hour = 3_600;

/** The token as it is issued: what makes each forgery fail is the one thing that it changes. */
export const genuineAgain = ({ header, payload, key }: Genuine): string =>
  signed(header, payload, key);

/** Tokens that no one may come in with, by what is wrong with them (RFC 8725, RFC 9068). */
export function forgeries(genuine: Genuine): Record<string, string> {
  const { header, payload, signature, key } = genuine;
  const now = Math.floor(Number(payload['iat']));
  const publicKey = createPublicKey(key);
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const jwk = publicKey.export({ format: 'jwk' });
  const otherJwk = aside.publicKey.export({ format: 'jwk' });
  const withHeader = (changes: Json, by: KeyObject = key): string =>
    signed({ ...header, ...changes }, payload, by);
  const withPayload = (changes: Json): string => signed(header, { ...payload, ...changes }, key);
  const without = (claim: string): string =>
    signed(
      header,
      Object.fromEntries(Object.entries(payload).filter(([name]) => name !== claim)),
      key,
    );
  const whole = genuineAgain(genuine);
  const none = (alg: string): string => `${encoded({ ...header, alg })}.${encoded(payload)}.`;
  return {
    'alg none': none('none'),
    'alg None': none('None'),
    'alg NONE with the signature': `${none('NONE')}${signature}`,
    'no alg': withHeader({ alg: undefined }),
    'HS256 with the public key as PEM': hashed({ ...header, alg: 'HS256' }, payload, pem),
    'HS256 with the public key as JWK': hashed(
      { ...header, alg: 'HS256' },
      payload,
      JSON.stringify(jwk),
    ),
    'HS256 with the bytes of the public key': hashed(
      { ...header, alg: 'HS256' },
      payload,
      Buffer.from(String(jwk.x), 'base64url'),
    ),
    'HS256 with nothing': hashed({ ...header, alg: 'HS256' }, payload, ''),
    'RS256 of a key of its own': withHeader({ alg: 'RS256' }, rsa.privateKey),
    'another key under our kid': withHeader({}, aside.privateKey),
    'a kid that nobody knows': withHeader({ kid: 'elsewhere' }),
    'no kid': withHeader({ kid: undefined }),
    'a kid that is a path': withHeader({ kid: '../../dev/null' }),
    'another key that it brings as jwk': withHeader({ jwk: otherJwk }, aside.privateKey),
    'another key that jku leads to': withHeader(
      { jku: 'http://127.0.0.1:9/jwks.json' },
      aside.privateKey,
    ),
    'another key that x5u leads to': withHeader(
      { x5u: 'http://127.0.0.1:9/key.pem' },
      aside.privateKey,
    ),
    'something critical that is not understood': withHeader({ crit: ['exp2'], exp2: 1 }),
    'an unencoded payload': withHeader({ b64: false, crit: ['b64'] }),
    'typ JWT': withHeader({ typ: 'JWT' }),
    'no typ': withHeader({ typ: undefined }),
    'another issuer': withPayload({ iss: 'elsewhere' }),
    'another audience': withPayload({ aud: 'elsewhere' }),
    'several audiences without ours': withPayload({ aud: ['a', 'b'] }),
    expired: withPayload({ exp: now - hour }),
    'no expiry': without('exp'),
    'an expiry in words': withPayload({ exp: 'never' }),
    'not yet valid': withPayload({ nbf: now + hour }),
    'no session': without('sid'),
    'no subject': without('sub'),
    'a session that is not there': withPayload({ sid: 'ses_01jd5w9c3zf8r8kq4j0mpx2v7e' }),
    'a session that is no text': withPayload({ sid: { $ne: null } }),
    'another payload under our signature': `${encoded(header)}.${encoded({ ...payload, sub: 'usr_x' })}.${signature}`,
    'another header under our signature': `${encoded({ ...header, x: 1 })}.${encoded(payload)}.${signature}`,
    'no signature': whole.replace(/[^.]+$/, ''),
    'half a signature': whole.slice(0, -20),
    'its first letter changed': `f${whole.slice(1)}`,
    'four parts': `${whole}.x`,
    'no JSON': `${encoded('{')}.${encoded(payload)}.${signature}`,
  };
}
