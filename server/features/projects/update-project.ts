import { LockMode } from '@mikro-orm/core';
import { recordAudit } from '../../../shared/audit/record.ts';
import { Project as ProjectEntity } from '../../../shared/db/entities/project.entity.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { assertUnchanged, type Conditional } from '../../middleware/entity-tag.ts';
import { refuseTakenName } from '../../refuse-taken-name.ts';
import type { Project, UpdateProject } from './contract.ts';
import { projectNameTaken } from './create-project.ts';
import { readProject } from './read-projects.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin'> & Conditional;

/** Changes what is given. CONFLICT when another project of the organization has the name. */
export function updateProject(ctx: Needs, input: UpdateProject): Promise<Project> {
  const { orgId: organizationId, id, name } = input;
  return refuseTakenName(projectNameTaken, () =>
    ctx.em.transactional(async (em) => {
      const lockMode = LockMode.PESSIMISTIC_WRITE;
      const project = await em.findOne(ProjectEntity, { id, organizationId }, { lockMode });
      if (!project) throw notFound('Project');
      await assertUnchanged(ctx, () => readProject(em, input));
      if (name !== undefined && name !== project.name) {
        project.name = name;
        await em.flush();
        const act = { organizationId, action: 'project.updated', targetId: id } as const;
        await recordAudit(em, ctx.origin, act, ctx.clock.now());
      }
      return readProject(em, input);
    }),
  );
}
