// What Supabase itself keeps in every project's database. Source: dialects.md, section 1.4.
const internal = new Set([
  'auth',
  'storage',
  'realtime',
  'vault',
  'extensions',
  'graphql',
  'graphql_public',
  'pgsodium',
  'pgbouncer',
]);

export function isSupabaseInternal(schema: string): boolean {
  return internal.has(schema) || schema.startsWith('supabase_');
}
