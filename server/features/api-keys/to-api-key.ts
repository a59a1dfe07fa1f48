import type { Environment } from '../../../shared/environments.ts';
import { scopes as knownScopes, type Scope } from '../../identity/permissions.ts';
import { isoTime, isoTimeOrNull } from '../../paging/paging.ts';
import type { ApiKey } from './contract.ts';

interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly kind: 'bearer' | 'pair';
  readonly hint: string;
  readonly environment: Environment;
  readonly scopes: readonly string[];
  readonly allowedCidrs: readonly string[];
  readonly userId: string;
  readonly createdAt: Date | string;
  readonly expiresAt: Date | string | null;
  readonly lastUsedAt: Date | string | null;
  readonly deactivatedAt: Date | string | null;
}

export function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    hint: row.hint,
    environment: row.environment,
    scopes: row.scopes.filter((scope): scope is Scope =>
      (knownScopes as readonly string[]).includes(scope),
    ),
    allowedCidrs: [...row.allowedCidrs],
    userId: row.userId,
    createdAt: isoTime(row.createdAt),
    expiresAt: isoTimeOrNull(row.expiresAt),
    lastUsedAt: isoTimeOrNull(row.lastUsedAt),
    deactivatedAt: isoTimeOrNull(row.deactivatedAt),
  };
}
