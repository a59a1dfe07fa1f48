import { isoTime, isoTimeOrNull } from '../../paging.ts';
import type { ApiKey } from './contract.ts';

interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly userId: string;
  readonly createdAt: Date | string;
  readonly expiresAt: Date | string | null;
  readonly deactivatedAt: Date | string | null;
}

export function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    kind: 'bearer',
    hint: row.hint,
    userId: row.userId,
    createdAt: isoTime(row.createdAt),
    expiresAt: isoTimeOrNull(row.expiresAt),
    deactivatedAt: isoTimeOrNull(row.deactivatedAt),
  };
}
