import { LockMode } from '@mikro-orm/core';
import type { AuditAction } from '../../../../shared/audit/events.ts';
import { recordAudit } from '../../../../shared/audit/record.ts';
import { CatalogNote } from '../../../../shared/db/entities/catalog-note.entity.ts';
import { DataSource } from '../../../../shared/db/entities/data-source.entity.ts';
import { notFound } from '../../../../shared/errors.ts';
import type { Role } from '../../../../shared/roles.ts';
import type { CallerContext } from '../../../context.ts';
import { assertAdmin } from './assert-admin.ts';

export type NoteContext = Pick<CallerContext, 'em' | 'clock' | 'origin'> & { readonly role: Role };

export interface NoteChanges {
  readonly description?: string | null | undefined;
  readonly customAiContext?: string | null | undefined;
  readonly isHidden?: boolean | undefined;
}

interface Subject {
  readonly id: string;
  readonly orgId: string;
  readonly dataSourceId: string;
  readonly kind: 'schema' | 'table' | 'column';
  readonly tableId: string | null;
  readonly name: string;
}

const actions = {
  schema: 'catalog.schema_updated',
  table: 'catalog.table_updated',
  column: 'catalog.column_updated',
} as const satisfies Record<Subject['kind'], AuditAction>;

/** Changes what is given of what is said of a subject, and leaves the rest. */
export async function saveNote(ctx: NoteContext, subject: Subject, changes: NoteChanges) {
  const { id, orgId: organizationId, dataSourceId, kind, tableId, name } = subject;
  if (changes.isHidden !== undefined) assertAdmin(ctx.role);
  await ctx.em.transactional(async (em) => {
    // One writer at a time: two first notes on the same thing would both be new.
    const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
    if (!(await em.findOne(DataSource, { id: dataSourceId, organizationId }, lock)))
      throw notFound('Data source');
    const note =
      (await em.findOne(CatalogNote, { id, organizationId })) ??
      em.create(CatalogNote, {
        ...{ id, organizationId, dataSourceId, kind, tableId, name },
        description: null,
        customAiContext: null,
      });
    if (changes.description !== undefined) note.description = changes.description;
    if (changes.customAiContext !== undefined) note.customAiContext = changes.customAiContext;
    if (changes.isHidden !== undefined) note.isHidden = changes.isHidden;
    await em.flush();
    const fields = Object.entries(changes).flatMap(([field, value]) =>
      value === undefined ? [] : [field],
    );
    await recordAudit(
      em,
      ctx.origin,
      { organizationId, action: actions[kind], targetId: id, details: { dataSourceId, fields } },
      ctx.clock.now(),
    );
  });
}
