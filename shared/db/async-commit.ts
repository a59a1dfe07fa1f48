import { sql } from 'kysely';

/**
 * SQL that is true where it is evaluated, and has that transaction's commit not wait for the disk: a
 * crash of PostgreSQL within the next second may undo it, whole (PostgreSQL's manual, "Asynchronous
 * Commit"). For what nobody was promised, or is done once more.
 */
export const asyncCommit = sql<boolean>`set_config('synchronous_commit', 'off', true) = 'off'`;
