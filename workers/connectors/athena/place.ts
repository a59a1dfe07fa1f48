import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';

export interface Place {
  readonly region: string;
  readonly host: string;
  readonly catalog: string;
  /** The database to read; null reads all of the catalog. */
  readonly database: string | null;
  readonly workgroup: string | null;
}

// "Amazon Athena endpoints and quotas": eu-central-1, us-gov-west-1, ap-southeast-7.
const regionName = /^[a-z]{2}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/;
// CreateWorkGroup, "Name".
const workgroupName = /^[\w.-]{1,128}$/;

/** The catalog that every account has, which AWS Glue keeps. */
const ownCatalog = 'AwsDataCatalog';

/**
 * Where Athena is for a connection, whose `host` is a region or the region's own endpoint. Throws
 * ACCOUNT_NOT_FOUND for any other host, so that nothing signed can be sent anywhere else, and
 * WAREHOUSE_UNAVAILABLE for what is no name of a workgroup.
 */
export function placeOf({ connection }: ConnectionTarget): Place {
  const given = (connection.host ?? '').toLowerCase().replace(/\.$/, '');
  const region = given.includes('.') ? (given.split('.')[1] ?? '') : given;
  const host = endpointOf(region);
  if (!regionName.test(region) || (given !== region && given !== host)) {
    throw new ConnectionFailure('ACCOUNT_NOT_FOUND');
  }
  const workgroup = connection.athenaWorkgroup || null;
  if (workgroup !== null && !workgroupName.test(workgroup)) {
    throw new ConnectionFailure('WAREHOUSE_UNAVAILABLE');
  }
  return {
    ...{ region, host, workgroup },
    catalog: connection.athenaCatalog || ownCatalog,
    database: connection.databaseName || null,
  };
}

/** China's regions have a domain of their own. */
function endpointOf(region: string): string {
  return `athena.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
