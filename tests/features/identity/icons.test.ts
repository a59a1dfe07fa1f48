import { deflateSync, crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sendSlab } from '../../security/support/raw-request.ts';
import { dataOf, errorOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { actionsOf } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

const megabytes = 1_024 * 1_024;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A black PNG; `padding` makes it longer without changing what it shows. */
function png({ width = 2, height = 2, padding = 0 } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const pixels = deflateSync(Buffer.alloc(height * (width + 1)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    ...(padding > 0 ? [chunk('teXt', Buffer.alloc(padding - 12))] : []),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The beginning of a JPEG as cameras write it: a comment, then the frame of 16 x 8. */
const jpeg = Buffer.from(
  'ffd8ffe000104a46494600010100000100010000fffe0004aabbffc0001108000800100301220002110103110100ffd9',
  'hex',
);

const pathOf = ({ orgId }: TestTenant): string => `/api/public/organizations/${orgId}/icon`;

const formOf = (...parts: readonly (readonly [string, Buffer | string])[]): FormData => {
  const form = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)], { type: 'text/html' }), '../icon');
  }
  return form;
};

async function post(tenant: TestTenant, body: FormData | Buffer, headers: object = {}) {
  const path = pathOf(tenant);
  const response = await fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, ...headers },
    body: body instanceof FormData ? body : new Uint8Array(body),
  });
  const answer = {
    status: response.status,
    body: await response.json(),
    headers: response.headers,
  };
  api.recorder.check({ method: 'POST', path, contentType: 'application/json', ...answer });
  return answer;
}

const Icon = z.strictObject({ iconUrl: z.url() });

const setTo = async (tenant: TestTenant, icon: Buffer): Promise<string> => {
  const answer = await post(tenant, formOf(['icon', icon]));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return dataOf(answer, Icon).iconUrl;
};

const changes = async (tenant: TestTenant) =>
  (await actionsOf(database, tenant.orgId)).filter((action) => action.includes('icon'));

describe('a picture', () => {
  test.each([
    ['PNG', png(), 'image/png'],
    ['JPEG', jpeg, 'image/jpeg'],
    ['PNG of 2 MB', png({ padding: 2 * megabytes - png().length }), 'image/png'],
  ])('%s is shown to whoever has its address, and can do nothing there', async (_, icon, type) => {
    const iconUrl = await setTo(await api.tenant(), icon);
    const shown = await fetch(iconUrl);
    expect(shown.status).toBe(200);
    expect(Buffer.from(await shown.arrayBuffer()).equals(icon)).toBe(true);
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=31536000, immutable',
    });
  });

  test('is replaced at another address; the same one again is no change', async () => {
    const tenant = await api.tenant();
    const first = await setTo(tenant, png());
    expect(await setTo(tenant, png())).toBe(first);
    const second = await setTo(tenant, jpeg);
    expect(second).not.toBe(first);
    expect([(await fetch(first)).status, (await fetch(second)).status]).toEqual([404, 200]);
    expect(await changes(tenant)).toEqual([
      'organization.icon_changed',
      'organization.icon_changed',
    ]);
  });

  test('is found, removed, and gone', async () => {
    const tenant = await api.tenant();
    const { icons } = api.client(tenant);
    const { orgId: id } = tenant;
    expect(await icons.get.query({ id })).toEqual({ iconUrl: null });
    const iconUrl = await setTo(tenant, png());
    expect(await icons.get.query({ id })).toEqual({ iconUrl });
    const member = await api.member(tenant, 'MEMBER');
    expect(await api.client(member).icons.get.query({ id })).toEqual({ iconUrl });
    const answer = await api.request('DELETE', pathOf(tenant), tenant);
    expect(dataOf(answer, z.unknown())).toEqual({ iconUrl: null });
    expect((await fetch(iconUrl)).status).toBe(404);
    await icons.remove.mutate({ id });
    expect(await changes(tenant)).toEqual([
      'organization.icon_changed',
      'organization.icon_removed',
    ]);
  });

  test('is sent as base64 over RPC', async () => {
    const tenant = await api.tenant();
    const icon = png().toString('base64');
    const { iconUrl } = await api.client(tenant).icons.set.mutate({ id: tenant.orgId, icon });
    expect((await fetch(iconUrl)).headers.get('content-type')).toBe('image/png');
  });
});

describe('nothing is stored and nothing is on record of', () => {
  const html = Buffer.from('<script>alert(1)</script>');
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
  const wrongType = 'Must be a JPEG or PNG image';
  const tooLarge = png({ padding: 2 * megabytes });
  test.each<[string, FormData, number, Record<string, string> | undefined]>([
    ['a script', formOf(['icon', html]), 400, { icon: wrongType }],
    ['an SVG', formOf(['icon', svg]), 400, { icon: wrongType }],
    ['an empty file', formOf(['icon', Buffer.alloc(0)]), 400, { icon: wrongType }],
    ['half a signature', formOf(['icon', png().subarray(0, 20)]), 400, { icon: wrongType }],
    ['a JPEG without a frame', formOf(['icon', jpeg.subarray(0, 20)]), 400, { icon: wrongType }],
    [
      'a bomb',
      formOf(['icon', png({ width: 5_000, height: 1 })]),
      400,
      { icon: 'Must be at most 4096 pixels wide and high' },
    ],
    ['too much', formOf(['icon', tooLarge]), 413, undefined],
    ['far too much', formOf(['icon', Buffer.alloc(3 * megabytes)]), 413, undefined],
    ['a text', formOf(['icon', 'text']), 400, { icon: 'Must be a file' }],
    ['no file', formOf(), 400, { icon: 'Required' }],
    ['two', formOf(['icon', png()], ['icon', png()]), 400, { icon: 'Given more than once' }],
    ['another field', formOf(['picture', png()]), 400, { picture: 'Unknown field' }],
    ['a field beside', formOf(['icon', png()], ['more', 'x']), 400, { more: 'Unknown field' }],
  ])('%s', async (_, form, status, fieldErrors) => {
    const tenant = await api.tenant();
    const answer = errorOf(await post(tenant, form));
    expect(answer).toMatchObject({ status, ...(fieldErrors ? { fieldErrors } : {}) });
    expect(await api.client(tenant).icons.get.query({ id: tenant.orgId })).toEqual({
      iconUrl: null,
    });
    expect(await changes(tenant)).toEqual([]);
  });

  test.each([
    ['image/png', 415],
    ['multipart/form-data', 400],
    ['multipart/form-data; boundary=other', 400],
  ])('a body that is called %s', async (type, status) => {
    const tenant = await api.tenant();
    const answer = await post(tenant, png(), { 'content-type': type });
    expect(errorOf(answer).status).toBe(status);
    expect(await changes(tenant)).toEqual([]);
  });
});

test('JSON is no way to send it on REST', async () => {
  const tenant = await api.tenant();
  const body = { icon: png().toString('base64') };
  const answer = await api.request('POST', pathOf(tenant), { key: tenant.key, body });
  expect(errorOf(answer)).toMatchObject({
    status: 415,
    detail: 'The body must be multipart/form-data',
  });
});

test('who is not known has nothing read', async () => {
  const tenant = await api.tenant();
  // It promises a body and sends none of it: an answer comes all the same.
  const head = [
    `POST ${pathOf(tenant)} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: multipart/form-data; boundary=x',
    `Content-Length: ${megabytes}`,
  ];
  const nothing = { totalBytes: 0, chunk: Buffer.alloc(0) };
  expect((await sendSlab(api.url, head, nothing)).status).toBe(401);
});
