import { pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { BackupLines, BackupRef, BackupRun, ListBackups, RequestBackup } from './contract.ts';
import { downloadBackup } from './download-backup.ts';
import { listBackups, readBackup } from './read-backups.ts';
import { requestBackup } from './request-backup.ts';

const tag = 'Backups';
const all = '/backups/runs';

export const backups = router({
  request: organizationProcedure
    .meta({
      summary: 'Take a backup of what the organization has set up',
      permission: 'backups:write',
      rest: { v1: `POST ${all}` },
      status: 202,
      isOnceOnly: true,
      tag,
    })
    .input(RequestBackup)
    .output(BackupRun)
    .mutation(({ ctx, input }) => requestBackup(ctx, input)),

  list: organizationProcedure
    .meta({
      summary: 'List backups',
      permission: 'backups:read',
      rest: { v1: `GET ${all}` },
      tag,
    })
    .input(ListBackups)
    .output(pageOf(BackupRun))
    .query(({ ctx, input }) => listBackups(ctx, input)),

  get: organizationProcedure
    .meta({
      summary: 'Get how a backup went',
      permission: 'backups:read',
      rest: { v1: `GET ${all}/{id}` },
      tag,
    })
    .input(BackupRef)
    .output(BackupRun)
    .query(({ ctx, input }) => readBackup(ctx.em, input)),

  download: organizationProcedure
    .meta({
      summary: 'Download a backup as JSON lines',
      permission: 'backups:read',
      rest: { v1: `GET ${all}/{id}/content` },
      streams: 'application/x-ndjson',
      tag,
    })
    .input(BackupRef)
    .output(BackupLines)
    .query(({ ctx, input }) => downloadBackup(ctx, input)),
});
