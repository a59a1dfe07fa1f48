import { pageOf } from '../../paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { CreateProject, ListProjects, Project } from './contract.ts';
import { createProject } from './create-project.ts';
import { listProjects } from './read-projects.ts';

const tag = 'Projects';

export const projects = router({
  create: organizationProcedure
    .meta({
      summary: 'Create a project',
      permission: 'projects:write',
      rest: { v1: 'POST /projects' },
      status: 201,
      tag,
    })
    .input(CreateProject)
    .output(Project)
    .mutation(({ ctx, input }) => createProject(ctx, input)),

  list: organizationProcedure
    .meta({
      summary: 'List the projects of an organization',
      permission: 'projects:read',
      rest: { v1: 'GET /projects' },
      tag,
    })
    .input(ListProjects)
    .output(pageOf(Project))
    .query(({ ctx, input }) => listProjects(ctx, input)),
});
