import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties, tenantFilter } from '../base.entity.ts';

export const backupStatuses = ['PENDING', 'SUCCESS', 'FAILED'] as const;
export const backupFailures = ['TOO_LARGE', 'INTERNAL_ERROR'] as const;

/** A copy of what an organization has set up; its content is read by SQL, piece by piece. */
export const BackupRun = defineEntity({
  name: 'BackupRun',
  tableName: 'backup_run',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    status: p.enum(backupStatuses).default('PENDING'),
    failure: p.enum(backupFailures).strictNullable(),
    finishedAt: p.datetime(3).strictNullable(),
    recordCount: p.integer().strictNullable(),
    /** Of the content as it is downloaded, like its digest. */
    byteCount: p.integer().strictNullable(),
    sha256: p.string().strictNullable(),
  },
  filters: tenantFilter,
});
