import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';
import { pageInput } from '../../paging/paging.ts';

const Name = text({ min: 1, max: 120 });

export const CreateProject = z.strictObject({ orgId: Id, name: Name });
export const ProjectRef = z.strictObject({ orgId: Id, id: Id });
export const UpdateProject = z.strictObject({ orgId: Id, id: Id, name: Name.optional() });
export const ListProjects = z.strictObject({ orgId: Id, ...pageInput });

export const Project = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    name: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Project' });

export type CreateProject = z.infer<typeof CreateProject>;
export type ProjectRef = z.infer<typeof ProjectRef>;
export type UpdateProject = z.infer<typeof UpdateProject>;
export type ListProjects = z.infer<typeof ListProjects>;
export type Project = z.infer<typeof Project>;
