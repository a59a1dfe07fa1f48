import { setTimeout as delay } from 'node:timers/promises';
import { secretFields } from '../../../shared/connection.ts';
import { canaryOf } from '../support/find-canaries.ts';
import type { Product } from '../support/product.ts';

/** A secret for every field there is, each its own. */
export const secretsOf = (step: string): Record<string, string> =>
  Object.fromEntries(secretFields.map((field) => [field, canaryOf(step, field)]));

interface Sent {
  readonly status: number;
  readonly data?: { readonly id?: string; readonly lastSyncStatus?: string };
}

/** A client of the public API that keeps every answer, headers and body, to be searched later. */
export class CanaryClient {
  readonly answers: string[] = [];
  readonly #product: Product;
  readonly #connection: object;

  /** `connection` is that of the customer's database. */
  constructor(product: Product, connection: object) {
    this.#product = product;
    this.#connection = connection;
  }

  /** A path below the data sources of the organization. */
  at(path = ''): string {
    return `/api/public/organizations/${this.#product.orgId}/data-sources${path}`;
  }

  async send(method: string, path: string, body?: unknown, headers = {}): Promise<Sent> {
    const response = await fetch(`${this.#product.api.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#product.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    this.answers.push(`${JSON.stringify([...response.headers])}\n${text}`);
    return { status: response.status, ...(JSON.parse(text) as Pick<Sent, 'data'>) };
  }

  /** A call whose answer is not yet among those that are searched. */
  async call(path: string, { key, body }: { key: string; body: unknown }) {
    const response = await fetch(`${this.#product.api.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const headers = JSON.stringify([...response.headers]);
    return { status: response.status, headers, text: await response.text() };
  }

  async create(secrets: object, change: object = {}): Promise<{ status: number; id: string }> {
    const fields = { ...this.#connection, ...secrets, ...change };
    const body = { type: 'direct', displayName: 'Shop', ...fields };
    const { status, data } = await this.send('POST', this.at(), body);
    return { status, id: data?.id ?? '' };
  }

  verify(secrets: object, change: object = {}): Promise<Sent> {
    return this.send('POST', this.at('/verify'), { ...this.#connection, ...secrets, ...change });
  }

  async untilSync(id: string, wanted: string): Promise<void> {
    for (let waits = 0; waits < 600; waits += 1) {
      const { data } = await this.send('GET', this.at(`/${id}`));
      if (data?.lastSyncStatus === wanted) return;
      await delay(50);
    }
    throw new Error(`${id} did not become ${wanted}`);
  }
}
