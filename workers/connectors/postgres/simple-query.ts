import type { Connection, Submittable } from 'pg';

/** One row as the server wrote it: text, or null. */
export type Row = readonly (string | null)[];

/**
 * A message of the simple protocol: several statements, no names, no parameters, which is what a
 * transaction pooler forwards faithfully. Rows of all statements come in one list, unparsed.
 */
export class SimpleQuery implements Submittable {
  readonly rows: Promise<Row[]>;
  readonly #text: string;
  readonly #collected: Row[] = [];
  readonly #settle = Promise.withResolvers<Row[]>();

  constructor(text: string) {
    this.#text = text;
    this.rows = this.#settle.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleDataRow(message: { readonly fields: Row }): void {
    this.#collected.push(message.fields);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#collected);
  }

  handleError(error: Error): void {
    this.#settle.reject(error);
  }

  // The rest of what `pg` calls. The gate lets no message through that would start a COPY.
  handleRowDescription(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}
