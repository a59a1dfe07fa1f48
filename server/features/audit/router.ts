import { pageOf } from '../../paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { AuditEvent, ListAuditEvents } from './contract.ts';
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
});
