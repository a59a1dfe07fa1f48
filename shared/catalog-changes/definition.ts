import type { CatalogTable } from '../catalog.ts';

/** What a table is, without what changes by itself: a version of it is kept for each. */
export type Definition = Omit<CatalogTable, 'rowEstimate'>;
