import { pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { AuditEvent, AuditLines, ExportAuditEvents, ListAuditEvents } from './contract.ts';
import { exportAuditEvents } from './export-audit-events.ts';
import { listAuditEvents } from './list-audit-events.ts';

const tag = 'Audit';

export const audit = router({
  list: organizationProcedure
    .meta({
      summary: 'List audit events',
      permission: 'audit:read',
      rest: {
        public: 'GET /organizations/{orgId}/audit-logs',
        v1: 'GET /audit/events',
        keyed: 'GET /audit-events',
      },
      tag,
    })
    .input(ListAuditEvents)
    .output(pageOf(AuditEvent))
    .query(({ ctx, input }) => listAuditEvents(ctx, input)),

  export: organizationProcedure
    .meta({
      summary: 'Export the whole audit trail as JSON lines, to be verified offline',
      permission: 'audit:read',
      rest: { v1: 'GET /audit/events/export' },
      streams: 'application/x-ndjson',
      tag,
    })
    .input(ExportAuditEvents)
    .output(AuditLines)
    .query(({ ctx, input }) => exportAuditEvents(ctx, input)),
});
