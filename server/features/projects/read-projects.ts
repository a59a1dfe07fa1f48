import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime, readPage } from '../../paging/paging.ts';
import type { ListProjects, Project, ProjectRef } from './contract.ts';

function selectProjects(em: EntityManager, organizationId: string) {
  return em
    .getKysely()
    .selectFrom('project')
    .select(['id', 'organization_id', 'name', 'created_at', 'updated_at'])
    .where('organization_id', '=', organizationId);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectProjects>['executeTakeFirstOrThrow']>>;

function toProject(row: Row): Project {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTime(row.updated_at),
  };
}

/** One project, or NOT_FOUND. Inside a transaction it shows what the transaction wrote. */
export async function readProject(em: EntityManager, { orgId, id }: ProjectRef): Promise<Project> {
  const row = await selectProjects(em, orgId).where('id', '=', id).executeTakeFirst();
  if (!row) throw notFound('Project');
  return toProject(row);
}

/** The organization's projects, newest first. */
export function listProjects(ctx: Pick<CallerContext, 'em' | 'request'>, input: ListProjects) {
  return readPage(ctx, selectProjects(ctx.em, input.orgId), input, toProject);
}
