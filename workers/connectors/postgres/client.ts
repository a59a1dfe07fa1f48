import { Client } from 'pg';
import type { Duplex } from 'node:stream';
import type { Derive } from '../../vault/derivations.ts';

/** Who signs in, and where to. Nothing else reaches the server. */
export interface SignIn {
  readonly user: string;
  readonly database: string;
  /** Called when the server asks for it, not before. May throw. */
  readonly password: () => string;
  readonly derive: Derive<'password'>;
}

/**
 * The `pg` driver without its surroundings. It would otherwise complete its settings from PG*
 * variables and ~/.pgpass, and so send our own password to a customer's host.
 */
export class PlainClient extends Client {
  readonly #signIn: SignIn;

  constructor(stream: Duplex, signIn: SignIn) {
    super({
      stream: () => stream,
      user: signIn.user,
      database: signIn.database,
      password: signIn.password,
      // Unused, since the stream is open, but given, so that PGHOST, PGPORT and PGSSL* are not asked.
      host: '192.0.2.1',
      port: 5432,
      ssl: false,
      sslnegotiation: 'postgres',
    });
    this.#signIn = signIn;
  }

  /** The startup parameters; `pg` adds client_encoding. PgBouncer refuses any it does not know. */
  getStartupConf(): Record<string, string> {
    const { user, database } = this.#signIn;
    return { user, database, application_name: 'basekeep' };
  }
}
