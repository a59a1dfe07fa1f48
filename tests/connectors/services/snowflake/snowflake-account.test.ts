import { describe, expect, test } from 'vitest';
import { accountOf } from '../../../../workers/connectors/snowflake/account.ts';
import { connectionTarget } from '../../../support/connection-target.ts';
import { connector, password } from './snowflake-server.ts';

describe('an account', () => {
  test.each([
    ['xy12345', 'xy12345.snowflakecomputing.com', 'XY12345'],
    ['xy12345.eu-central-1.aws', 'xy12345.eu-central-1.aws.snowflakecomputing.com', 'XY12345'],
    ['MyOrg-My_Account', 'myorg-my-account.snowflakecomputing.com', 'MYORG-MY_ACCOUNT'],
    ['myorg-a1.privatelink', 'myorg-a1.privatelink.snowflakecomputing.com', 'MYORG-A1'],
    ['xy1.cn-northwest-1', 'xy1.cn-northwest-1.snowflakecomputing.cn', 'XY1'],
    [' xy1.us-east-1.snowflakecomputing.com', 'xy1.us-east-1.snowflakecomputing.com', 'XY1'],
  ])('%j is %s', (snowflakeAccountId, at, name) => {
    const target = connectionTarget({ dialect: 'SNOWFLAKE', snowflakeAccountId });
    expect(accountOf(target)).toMatchObject({ origin: `https://${at}`, name });
  });
});

describe('a secret goes to Snowflake only', () => {
  test.each([
    '',
    'evil.example/',
    'evil.example#',
    'acme@evil.example',
    'acme:443',
    'acme\\evil',
    '-acme',
    'acme..aws',
    'a.b.c.d.e',
    'acme%2eevil',
    '\u{ff21}cme',
    'x'.repeat(64),
  ])('%j', async (name) => {
    const fields = { dialect: 'SNOWFLAKE' as const, snowflakeAccountId: name, username: 'u' };
    const report = await connector.probe(
      connectionTarget(fields, password),
      new AbortController().signal,
    );
    expect(report).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });
});
