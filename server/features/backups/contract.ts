import { z } from 'zod';
import { backupFailures, backupStatuses } from '../../../shared/db/entities/backup-run.entity.ts';
import { Id } from '../../../shared/ids.ts';
import { pageInput } from '../../paging/paging.ts';

export const RequestBackup = z.strictObject({ orgId: Id });
export const ListBackups = z.strictObject({ orgId: Id, ...pageInput });
export const BackupRef = z.strictObject({ orgId: Id, id: Id });

const whenDone = (text: string) => ({ description: `${text} Null until it has succeeded.` });

/** A copy of what an organization has set up, at one moment; never a secret, and no catalog. */
export const BackupRun = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    status: z.enum(backupStatuses),
    failure: z.enum(backupFailures).nullable(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    recordCount: z.int().nullable().meta(whenDone('How many lines it has after the first one.')),
    byteCount: z.int().nullable().meta(whenDone('How long it is, as it is downloaded.')),
    sha256: z.string().nullable().meta(whenDone('Of what is downloaded, in hexadecimal.')),
  })
  .meta({ id: 'BackupRun' });

/** JSON lines: what the copy is of, then one line for each record, `{ kind, record }`. */
export const BackupLines = z.custom<AsyncIterable<string>>();

export type ListBackups = z.infer<typeof ListBackups>;
export type BackupRef = z.infer<typeof BackupRef>;
export type BackupRun = z.infer<typeof BackupRun>;
