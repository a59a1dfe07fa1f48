/** The product's schema, migrated once for the run; cloned by useDatabase(). */
export const templateDatabase = 'basekeep_template';

/** The same server and user, another database. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}
