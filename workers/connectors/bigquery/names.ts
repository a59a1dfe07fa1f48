import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import { googleProject } from '../google-project.ts';

/** The service's origin; the project is part of the paths, never of the host. */
export const apiOrigin = 'https://bigquery.googleapis.com';

export interface Place {
  readonly project: string;
  /** The dataset to read; null reads all of the project. */
  readonly dataset: string | null;
}

const datasetId = /^\w{1,1024}$/;

/** Throws ACCOUNT_NOT_FOUND for what is no project id, DATABASE_NOT_FOUND for what is no dataset id. */
export function placeOf({ connection }: ConnectionTarget): Place {
  const project = connection.bigQueryProjectId ?? '';
  const dataset = connection.databaseName || null;
  if (!googleProject.test(project)) throw new ConnectionFailure('ACCOUNT_NOT_FOUND');
  if (dataset !== null && !datasetId.test(dataset)) {
    throw new ConnectionFailure('DATABASE_NOT_FOUND');
  }
  return { project, dataset };
}

/**
 * A path of the REST API out of names that may be the server's own. Throws PROTOCOL_ERROR for one
 * that no path can hold, or that would lead out of it.
 */
export function pathOf(...names: readonly string[]): string {
  return `/bigquery/v2/${names.map(segment).join('/')}`;
}

function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || !name.isWellFormed()) {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  return encodeURIComponent(name);
}
