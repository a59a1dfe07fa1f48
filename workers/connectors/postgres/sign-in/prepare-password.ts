/**
 * A password as PostgreSQL's server and libpq hash it: by SASLprep (RFC 4013), and as it is where
 * that forbids it (src/common/saslprep.c, `pg_saslprep`).
 */
export async function preparePassword(password: string): Promise<string> {
  // Nothing of ASCII is mapped. What it forbids of it is left as it is either way.
  if (/^[\x00-\x7f]*$/.test(password)) return password;
  const { saslprep } = await import('@mongodb-js/saslprep');
  try {
    return saslprep(password);
  } catch {
    return password;
  }
}
