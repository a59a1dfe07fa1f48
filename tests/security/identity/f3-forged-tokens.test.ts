import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { signIn } from '../../support/people/sign-in.ts';
import { forgeries, genuineAgain, type Genuine } from './forged-tokens.ts';
import { useReplicas } from './replicas.ts';

// F3 of the security programme: a token is ours or it is nothing, and what is wrong with it is not
// told.

const replicas = useReplicas({});
const { database, maker } = replicas;
let genuine: Genuine;

const Part = z.record(z.string(), z.unknown());
const decoded = (part: string | undefined) =>
  Part.parse(JSON.parse(Buffer.from(part ?? '', 'base64url').toString()));

beforeAll(async () => {
  const tenant = await maker.tenant();
  const token = await signIn({ url: replicas.urlOf(0) }, database, tenant);
  const [header, payload, signature = ''] = token.split('.');
  genuine = {
    header: decoded(header),
    payload: decoded(payload),
    signature,
    key: createPrivateKey(readFileSync(replicas.keys.tokenSigningKey)),
  };
});

async function ask(token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${replicas.urlOf(0)}/api/v1/auth/me`, { headers });
  const text = await response.text();
  const incidental = [
    'date',
    'x-request-id',
    'ratelimit',
    'content-length',
    'keep-alive',
    'connection',
  ];
  return {
    status: response.status,
    body: text.replace(/"request_id":"[^"]*"/, ''),
    headers: [...response.headers].filter(([name]) => !incidental.includes(name)),
  };
}

test('none of the forgeries is taken, and all are answered alike', async () => {
  const plain = await ask('nothing');
  expect(plain.status).toBe(401);
  const forged = Object.entries(forgeries(genuine));
  expect(forged.length).toBeGreaterThan(30);
  for (const [what, token] of forged) {
    expect({ what, ...(await ask(token)) }).toEqual({ what, ...plain });
  }
});

test('the same token without a forgery is taken', async () => {
  expect((await ask(genuineAgain(genuine))).status).toBe(200);
});
