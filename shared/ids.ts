import { hash } from 'node:crypto';
import { TypeID, typeid } from 'typeid-js';
import { text } from './text.ts';

const prefixes = {
  organization: 'org',
  organizationIcon: 'ico',
  user: 'usr',
  membership: 'mbr',
  invitation: 'inv',
  project: 'prj',
  group: 'grp',
  userSession: 'ses',
  apiKey: 'key',
  dataSource: 'ds',
  secretEnvelope: 'sec',
  connectionDraft: 'drf',
  credentialReveal: 'rvl',
  syncRun: 'run',
  backupRun: 'bkp',
  healthCheck: 'chk',
  healthIncident: 'inc',
  auditEvent: 'evt',
  webhook: 'whk',
  webhookSecret: 'whs',
  webhookEvent: 'msg',
  webhookDelivery: 'dlv',
} as const;

type Kind = keyof typeof prefixes;

/** A new id: typed prefix over a UUIDv7 (https://github.com/jetify-com/typeid), so ids sort by age. */
export function newId(kind: Kind): string {
  return typeid(prefixes[kind]).toString();
}

/** What an id is of, by its prefix; null for what is none of ours. */
export function kindOf(id: string): Kind | null {
  const prefix = id.slice(0, id.lastIndexOf('_'));
  return kinds.find((kind) => prefixes[kind] === prefix) ?? null;
}

const kinds = Object.keys(prefixes) as Kind[];

/** The smallest id of a moment: ids made earlier sort before it. */
export function oldestIdOf(kind: Kind, moment: Date): string {
  const bytes = new Uint8Array(16);
  // RFC 9562, UUIDv7: 48 bits of milliseconds first.
  new DataView(bytes.buffer).setBigUint64(0, BigInt(moment.getTime()) << 16n);
  return TypeID.fromUUIDBytes(prefixes[kind], bytes).toString();
}

/**
 * The id of a data source's credential: a data source has exactly one, so it is the same UUID under
 * another prefix. Nothing is stored, and none that exists is without one.
 */
export function credentialIdOf(dataSourceId: string): string {
  return dataSourceId.replace(/^ds_/, 'crd_');
}

/** The data source that a credential is of; for what is no credential's id, the id of nothing. */
export function dataSourceIdOf(unsafeCredentialId: string): string {
  return unsafeCredentialId.startsWith('crd_') ? unsafeCredentialId.replace('crd_', 'ds_') : '';
}

/** The id of a table: the same over every sync and every version, because it follows from the name. */
export function tableId(dataSourceId: string, schema: string, name: string): string {
  return idOfNames('tbl', [dataSourceId, schema, name]);
}

/** The id of a schema of a data source. */
export function schemaId(dataSourceId: string, schema: string): string {
  return idOfNames('sch', [dataSourceId, schema]);
}

/** The id of a column of a table, by the table's id. */
export function columnId(table: string, name: string): string {
  return idOfNames('col', [table, name]);
}

function idOfNames(prefix: string, names: readonly string[]): string {
  const digest = hash('sha256', JSON.stringify(names), 'buffer');
  return TypeID.fromUUIDBytes(prefix, digest.subarray(0, 16)).toString();
}

/** An id from outside. Any text is let through: an id that cannot exist is simply not found. */
export const Id = text({ min: 1, max: 100 });
