import { readFile } from 'node:fs/promises';
import { run } from './run.ts';

/** A user of this machine that PostgreSQL runs as when we are root. */
export interface PostgresUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * Whom PostgreSQL runs as: undefined (ourselves) for an ordinary user. PostgreSQL refuses root, so
 * root gets another user that exists: the owner of the cluster when there is one, else `nobody`,
 * else the first of /etc/passwd that a process can really be started as. No user is ever created,
 * and one that exists is needed because initdb looks its name up.
 * @throws Error with one sentence when no user will do.
 */
export async function choosePostgresUser(clusterOwner?: {
  uid: number;
  gid: number;
}): Promise<PostgresUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (clusterOwner && clusterOwner.uid !== 0) {
    return { name: `user ${clusterOwner.uid}`, uid: clusterOwner.uid, gid: clusterOwner.gid };
  }
  const users = parsePasswd(await readFile('/etc/passwd', 'utf8'));
  const nobodyFirst = users.sort(
    (a, b) => Number(b.name === 'nobody') - Number(a.name === 'nobody'),
  );
  for (const user of nobodyFirst) {
    // In a user namespace an id of /etc/passwd may not be mapped: only trying tells.
    if (await succeedsAs(user, ':')) return user;
  }
  throw new Error(
    'PostgreSQL refuses to run as root and no other user of /etc/passwd can be used here: start Basekeep as an ordinary user or set DATABASE_URL.',
  );
}

/** Whether `user` can use `file` that way, asked of the kernel by a process of that user. */
export function canReach(user: PostgresUser, file: string, way: 'r' | 'w' | 'x'): Promise<boolean> {
  return succeedsAs(user, `[ -${way} "$1" ]`, file);
}

async function succeedsAs(user: PostgresUser, script: string, ...args: string[]): Promise<boolean> {
  // initdb itself needs /bin/sh, so a machine without it cannot run PostgreSQL anyway.
  const { code } = await run('/bin/sh', ['-c', script, 'sh', ...args], { user });
  return code === 0;
}

/** The users of /etc/passwd except root, in the file's order. */
function parsePasswd(text: string): PostgresUser[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':');
    const user = { name, uid: Number(uid), gid: Number(gid) };
    // macOS gives nobody -2, which chown does not take: the next user serves as well.
    const usable = name !== '' && user.uid > 0 && user.gid > 0 && Number.isSafeInteger(user.uid);
    return usable && Number.isSafeInteger(user.gid) ? [user] : [];
  });
}
