import { pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { CreateProject, ListProjects, Project, ProjectRef, UpdateProject } from './contract.ts';
import { createProject } from './create-project.ts';
import { listProjects, readProject } from './read-projects.ts';
import { updateProject } from './update-project.ts';

const tag = 'Projects';

export const projects = router({
  create: organizationProcedure
    .meta({
      summary: 'Create a project',
      permission: 'projects:write',
      rest: { v1: 'POST /projects' },
      status: 201,
      showsETag: true,
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

  get: organizationProcedure
    .meta({
      summary: 'Get a project',
      permission: 'projects:read',
      rest: { v1: 'GET /projects/{id}' },
      showsETag: true,
      tag,
    })
    .input(ProjectRef)
    .output(Project)
    .query(({ ctx, input }) => readProject(ctx.em, input)),

  update: organizationProcedure
    .meta({
      summary: 'Rename a project',
      permission: 'projects:write',
      rest: { v1: 'PATCH /projects/{id}' },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(UpdateProject)
    .output(Project)
    .mutation(({ ctx, input }) => updateProject(ctx, input)),
});
