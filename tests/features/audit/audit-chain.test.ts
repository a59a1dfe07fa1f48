import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc from '../../support/fast-check.ts';
import { hashEvent } from '../../../shared/audit/hash.ts';
import { createOrm, type Orm } from '../../../shared/db/orm.ts';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';
import { readLink, writeLink } from '../../../server/features/audit/chain-line.ts';
import { exportAuditEvents } from '../../../server/features/audit/export-audit-events.ts';
import { verifyExport } from '../../../server/features/audit/verify-export.ts';
import type { Break, Problem } from '../../../server/features/audit/verify-chain.ts';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { writeTrail } from './write-trail.ts';

const database = useDatabase();
const api = useApi(database);
let orm: Orm;
let tenant: TestTenant;
/** An export: a head and its events, each with its line feed. */
let lines: string[];

beforeAll(async () => {
  orm = createOrm({ databaseUrl: database.url, poolSize: 1 });
  tenant = await writeTrail(api);
  lines = await exported(tenant.orgId);
});
afterAll(() => orm.close(true));

async function exported(orgId: string): Promise<string[]> {
  return Array.fromAsync(await exportAuditEvents({ em: orm.em.fork() }, { orgId }));
}

async function* inChunks(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

const check = async (text: string | Uint8Array, size?: number): Promise<Break | null> =>
  (await verifyExport(inChunks(Buffer.from(text), size))).broken;

const checkLines = (changed: readonly string[]) => check(changed.join(''));

const linkAt = (position: number) => {
  const link = readLink((lines[position] ?? '').trimEnd());
  if (!link) throw new Error(`no event at ${position}`);
  return link;
};

/** Another event in the place of one, with a hash that is its own: what a forger would write. */
function forged(position: number, change: object = { action: 'data_source.deleted' }): string {
  const { hash: _, previousHash, ...event } = { ...linkAt(position), ...change };
  return `${writeLink({ ...event, previousHash, hash: hashEvent(previousHash, event) })}\n`;
}

const positions = () => fc.integer({ min: 1, max: lines.length - 1 });

describe('an export', () => {
  test('is unbroken as it is, in chunks of any size', async () => {
    expect(lines).toHaveLength(9);
    for (const size of [1, 7, 64, 100_000]) expect(await check(lines.join(''), size)).toBeNull();
  });

  test('holds the events of one organization and what they were hashed from', async () => {
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      format: 'basekeep-audit-1',
      organizationId: tenant.orgId,
      sequence: 8,
      hash: linkAt(8).hash.toString('hex'),
    });
    expect(linkAt(1)).toMatchObject({
      organizationId: tenant.orgId,
      action: 'organization.created',
    });
  });

  test('of an organization without events is an empty chain', async () => {
    expect(await checkLines(await exported('org_of_nobody'))).toBeNull();
  });

  test('any change of any byte is found, at the line that holds it', async () => {
    const bytes = Buffer.from(lines.join(''));
    const lineOf = (at: number) => bytes.subarray(0, at).toString('latin1').split('\n').length - 1;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('change', 'insert', 'delete'),
        async (at, by, how) => {
          const byte = Buffer.from([(bytes[at] ?? 0) ^ by]);
          const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
          const changed = {
            change: () => Buffer.concat([before, byte, after.subarray(1)]),
            insert: () => Buffer.concat([before, byte, after]),
            delete: () => Buffer.concat([before, after.subarray(1)]),
          }[how]();
          // The same byte put in again or taken out beside its like leaves the same file.
          fc.pre(!changed.equals(bytes));
          const broken = await check(changed);
          expect(broken).not.toBeNull();
          if (lineOf(at) > 0) expect(broken?.position).toBe(lineOf(at));
        },
      ),
      { numRuns: 1_500 },
    );
  });

  /** The same mutation at any place, with the break that it must be called. */
  async function expectFound(
    mutate: (position: number) => string[],
    problem: Problem | ((position: number) => Problem),
    at: (position: number) => number = (position) => position,
  ): Promise<void> {
    await fc.assert(
      fc.asyncProperty(positions(), async (position) => {
        expect(await checkLines(mutate(position))).toMatchObject({
          organizationId: tenant.orgId,
          position: at(position),
          problem: typeof problem === 'string' ? problem : problem(position),
        });
      }),
      { numRuns: 40 },
    );
  }

  test('an event that is taken out is missing, or the end is', () =>
    expectFound(
      (position) => lines.toSpliced(position, 1),
      (position) => (position === lines.length - 1 ? 'truncated' : 'missing'),
    ));

  test('an end that is cut off is truncated', () =>
    expectFound((position) => lines.slice(0, position), 'truncated'));

  test('an event that stands there twice was inserted', () =>
    expectFound(
      (position) => lines.toSpliced(position, 0, lines[position] ?? ''),
      'inserted',
      (position) => position + 1,
    ));

  test('an event of another organization was inserted', () =>
    expectFound(
      (position) => lines.toSpliced(position, 0, forged(position, { organizationId: 'org_x' })),
      'inserted',
    ));

  test('a forged event that is put in front of another one moves that out of its place', () =>
    expectFound(
      (position) => lines.toSpliced(position, 0, forged(position)),
      'inserted',
      (position) => position + 1,
    ));

  test('an event that is written anew, hash and all, does not lead to the next one', () =>
    expectFound(
      (position) => lines.toSpliced(position, 1, forged(position)),
      'changed',
      (position) => Math.min(position + 1, lines.length - 1),
    ));

  test('two events that change places are reordered', () =>
    fc.assert(
      fc.asyncProperty(positions(), positions(), async (a, b) => {
        fc.pre(a !== b);
        const swapped = lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '');
        expect(await checkLines(swapped)).toMatchObject({
          position: Math.min(a, b),
          problem: 'reordered',
        });
      }),
      { numRuns: 60 },
    ));

  test('another head is found: a lower one, a higher one, another hash, none', async () => {
    const head = (change: object) => {
      const whole = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
      return lines.with(
        0,
        `${JSON.stringify({ ...whole, ...change }, Object.keys(whole).sort())}\n`,
      );
    };
    expect(await checkLines(head({}))).toBeNull();
    expect(await checkLines(head({ sequence: 7 }))).toMatchObject({
      position: 8,
      problem: 'inserted',
    });
    expect(await checkLines(head({ sequence: 9 }))).toMatchObject({
      position: 9,
      problem: 'truncated',
    });
    expect(await checkLines(head({ hash: '0'.repeat(64) }))).toMatchObject({ problem: 'changed' });
    expect(await checkLines(lines.slice(1))).toMatchObject({ position: 0, problem: 'changed' });
    expect(await checkLines([])).toMatchObject({ position: 0 });
  });
});

describe('npm run audit:verify', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'basekeep-audit-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function run(args: string[], env: Record<string, string> = {}) {
    const script = new URL('../../../server/verify-audit.ts', import.meta.url).pathname;
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      env: { ...inheritedEnv(), ...env },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  test('passes a whole file without any database, and names the first broken link', async () => {
    const file = path.join(folder, 'audit.jsonl');
    await writeFile(file, lines.join(''));
    expect(run([file])).toEqual({
      status: 0,
      stdout: `${tenant.orgId}: unbroken, 8 events\n`,
      stderr: '',
    });
    const { id } = linkAt(5);
    await writeFile(file, lines.with(5, (lines[5] ?? '').replace('updated', 'deleted')).join(''));
    expect(run([file])).toEqual({
      status: 1,
      stdout: `${tenant.orgId}: BROKEN at position 5 (${id}): changed, what stands there is not what was recorded\n`,
      stderr: '',
    });
    expect(run([path.join(folder, 'nothing')])).toMatchObject({ status: 2, stdout: '' });
  });

  test('checks every organization of a database', async () => {
    const env = { DATABASE_URL: database.url };
    const whole = run([], env);
    expect(whole).toMatchObject({ status: 0, stderr: '' });
    expect(whole.stdout.match(/unbroken/g)).toHaveLength(2);
    expect(run([])).toMatchObject({ status: 2, stderr: expect.stringContaining('DATABASE_URL') });
  });
});
