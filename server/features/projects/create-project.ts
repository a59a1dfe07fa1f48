import { recordAudit } from '../../../shared/audit/record.ts';
import { Project as ProjectEntity } from '../../../shared/db/entities/project.entity.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { refuseTakenName } from '../../refuse-taken-name.ts';
import type { CreateProject, Project } from './contract.ts';
import { readProject } from './read-projects.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin'>;

export const projectNameTaken = 'Already taken by another project';

/** Makes a project, in which groups can be made. CONFLICT when the organization has one of that name. */
export function createProject(ctx: Needs, { orgId, name }: CreateProject): Promise<Project> {
  return refuseTakenName(projectNameTaken, () =>
    ctx.em.transactional(async (em) => {
      const id = newId('project');
      em.create(ProjectEntity, { id, organizationId: orgId, name });
      await em.flush();
      const act = { organizationId: orgId, action: 'project.created', targetId: id } as const;
      await recordAudit(em, ctx.origin, act, ctx.clock.now());
      return readProject(em, { orgId, id });
    }),
  );
}
