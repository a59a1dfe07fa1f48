import { canMakeCertificates, makeAuthority, makeSelfSigned } from '../../support/certificates.ts';

const makes = canMakeCertificates();

/** Why hostile servers are skipped here; null when they are not. */
export const opensslMissing = makes ? null : 'skipped: openssl not found';

/** Every name that a rogue is reached by, so that a certificate is made once for all. */
const names = [
  ...['localhost', 'clickhouse.example', 'eu.posthog.com', 'adb-4711.11.azuredatabricks.net'],
  ...['bigquery.googleapis.com', 'spanner.googleapis.com', 'oauth2.googleapis.com'],
  ...['acme.snowflakecomputing.com', 'athena.eu-central-1.amazonaws.com'],
];
const every = { names: [...names.map((name) => `DNS:${name}`), 'IP:127.0.0.1'].join() };

function make() {
  const authority = makeAuthority();
  return {
    authority: authority.cert,
    good: authority.sign(every),
    selfSigned: makeSelfSigned(every),
    ofUnknownAuthority: makeAuthority().sign(every),
    forAnotherName: authority.sign({ names: 'DNS:other.example' }),
    expired: authority.sign({ ...every, days: -1 }),
  };
}

const nothing = { cert: '', key: '' };

/** The certificates of all rogues, and the authority that connections name. */
export const identities = makes
  ? make()
  : {
      ...{ authority: '', good: nothing, selfSigned: nothing, ofUnknownAuthority: nothing },
      ...{ forAnotherName: nothing, expired: nothing },
    };
