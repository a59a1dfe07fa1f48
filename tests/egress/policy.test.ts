import { networkInterfaces } from 'node:os';
import fc from '../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import {
  parseAddress,
  parseCidr,
  subtract,
  toBlockList,
} from '../../workers/egress/address-ranges.ts';
import { createEgressPolicy, type EgressSettings } from '../../workers/egress/policy.ts';

async function allows(
  address: string,
  settings: Partial<EgressSettings> = {},
  { port = 5432, demo = false } = {},
): Promise<boolean> {
  const policy = createEgressPolicy({ allowCidrs: [], ownEndpoints: [], ...settings });
  const guard = await (demo ? policy.forDemo() : policy).guardFor(port);
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  // Both layers have to say the same: our own check, and the list that Node's socket asks.
  const listed = guard.blockList.check(address, family);
  if (guard.allows(address)) expect(listed, `${address} in the block list`).toBe(false);
  else if (parseAddress(address)) expect(listed, `${address} in the block list`).toBe(true);
  return guard.allows(address);
}

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.216.34',
  '2606:4700::1111',
  '::ffff:8.8.8.8',
];

// One or two of every range in security.md, fact 4, at its edges.
const privateAddresses = [
  ...['0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.1', '100.127.255.255'],
  ...['127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
  ...['192.0.0.192', '192.168.0.1', '198.18.0.1', '198.19.255.255', '224.0.0.1', '239.255.255.255'],
  ...['240.0.0.1', '255.255.255.255', '::', '::1', '64:ff9b::7f00:1', '64:ff9b:1::1'],
  ...['2002:7f00:1::', 'fc00::1', 'fdff::1', 'fe80::1', 'febf::1', 'ff02::1', '::127.0.0.1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.1.2.3', '::ffff:169.254.169.254'],
  ...['0:0:0:0:0:ffff:c0a8:0101', 'fd00:ec2::254'],
];

describe('by default', () => {
  test.each(publicAddresses)('%s is allowed', async (address) => {
    expect(await allows(address)).toBe(true);
  });

  test.each(privateAddresses)('%s is not', async (address) => {
    expect(await allows(address)).toBe(false);
  });

  test.each(['9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '100.63.255.255'])(
    '%s lies beside a closed range and is allowed',
    async (address) => {
      expect(await allows(address)).toBe(true);
    },
  );

  test.each(['', 'localhost', '127.1', '0x7f.1', 'fe80::1%eth0', '1.1.1.1/8'])(
    '%j is no address, so it is not allowed',
    async (text) => {
      const guard = await createEgressPolicy({ allowCidrs: [], ownEndpoints: [] }).guardFor(5432);
      expect(guard.allows(text)).toBe(false);
    },
  );
});

describe('ranges that the operator opens', () => {
  test('are open exactly', async () => {
    const settings = { allowCidrs: ['10.1.0.0/16', 'fd12::/16'] };
    expect(await allows('10.1.2.3', settings)).toBe(true);
    expect(await allows('::ffff:10.1.2.3', settings)).toBe(true);
    expect(await allows('fd12::5', settings)).toBe(true);
    expect(await allows('10.0.255.255', settings)).toBe(false);
    expect(await allows('10.2.0.0', settings)).toBe(false);
    expect(await allows('fd13::5', settings)).toBe(false);
  });

  const never = ['169.254.169.254', 'fe80::1', '0.0.0.0', '::', '224.0.0.1', 'ff02::1'];
  test.each([
    ...never,
    '255.255.255.255',
    'fd00:ec2::254',
    '100.100.100.200',
    '::ffff:169.254.1.1',
  ])('never include %s', async (address) => {
    expect(await allows(address, { allowCidrs: ['0.0.0.0/0', '::/0'] })).toBe(false);
    expect(await allows(address, { allowCidrs: 'private' })).toBe(false);
  });

  test.each(['10.0.0.1', '172.20.0.1', '192.168.1.1', '127.0.0.1', '::1', 'fd00::1'])(
    'include %s in private mode',
    async (address) => {
      expect(await allows(address, { allowCidrs: 'private' })).toBe(true);
    },
  );

  test.each(['10.0.0.0/33', '10.0.0/8', 'private', '10.0.0.0/8/8', '::/129', '10.0.0.0/-1', ''])(
    '%j is refused when the process starts',
    (range) => {
      expect(() => createEgressPolicy({ allowCidrs: [range], ownEndpoints: [] })).toThrow(
        RangeError,
      );
    },
  );
});

describe('our own endpoints', () => {
  const ownEndpoints = [
    { host: '203.0.113.7', port: 5432, role: 'database' },
    { host: 'localhost', port: 3000, role: 'api' },
  ] as const;
  const settings = { allowCidrs: 'private', ownEndpoints } as const;
  const machine = Object.values(networkInterfaces()).flatMap((own) => own ?? []);
  const addresses = machine.map(({ address }) => address).filter((text) => parseAddress(text));

  test.each(['203.0.113.7', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', ...addresses])(
    'are not reachable as %s, even where the range is open',
    async (address) => {
      expect(await allows(address, settings, { port: 5432 })).toBe(false);
      if (address !== '203.0.113.7')
        expect(await allows(address, settings, { port: 3000 })).toBe(false);
    },
  );

  test('other ports of the same machine are', async () => {
    expect(await allows('127.0.0.1', settings, { port: 5433 })).toBe(true);
    expect(await allows('203.0.113.7', settings, { port: 5433 })).toBe(true);
  });

  test('the demo data source reaches our database and nothing else of ours', async () => {
    const demo = { demo: true, port: 5432 };
    expect(await allows('203.0.113.7', settings, demo)).toBe(true);
    expect(await allows('127.0.0.1', settings, { demo: true, port: 3000 })).toBe(false);
    const own = [{ host: '127.0.0.1', port: 5432, role: 'database' }] as const;
    expect(await allows('127.0.0.1', { allowCidrs: [], ownEndpoints: own }, demo)).toBe(true);
    expect(await allows('127.0.0.2', { allowCidrs: [], ownEndpoints: own }, demo)).toBe(false);
    expect(await allows('127.0.0.1', { allowCidrs: [], ownEndpoints: own })).toBe(false);
  });
});

describe('address arithmetic', () => {
  const ipv4 = fc.ipV4();
  const ipv6 = fc.ipV6();

  test('an IPv4 address means the same however IPv6 writes it', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        expect(parseAddress(`::ffff:${address}`)).toEqual(parseAddress(address));
      }),
    );
  });

  test('our reading of an address agrees with the one of Node', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (address) => {
        const range = parseAddress(address);
        const family = address.includes(':') ? 'ipv6' : 'ipv4';
        expect(range && toBlockList([range]).check(address, family)).toBe(true);
      }),
    );
  });

  test('a hole in a range is open, and its neighbours are not', () => {
    const left = toBlockList(subtract([parseCidr('10.0.0.0/8')], [parseCidr('10.1.0.0/16')]));
    const inside = ['10.1.0.0', '10.1.255.255'].map((address) => left.check(address));
    const outside = ['10.0.255.255', '10.2.0.0', '10.0.0.0'].map((address) => left.check(address));
    expect(inside).toEqual([false, false]);
    expect(outside).toEqual([true, true, true]);
  });
});
