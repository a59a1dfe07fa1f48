import { z } from 'zod';
import { CatalogTable } from '../../../shared/catalog.ts';
import { Id } from '../../../shared/ids.ts';
import { pageInput } from '../../paging.ts';

export const ListTables = z.strictObject({ orgId: Id, id: Id, ...pageInput });

/** A table as it stands now. `id` stays the same over syncs, changes and re-creations. */
export const Table = z.object({ id: z.string(), ...CatalogTable.shape }).meta({ id: 'Table' });

export type Table = z.infer<typeof Table>;
