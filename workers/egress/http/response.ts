import type { ZodType } from 'zod';
import { ConnectionFailure } from '../../connectors/connector.ts';
import { costOfJson } from '../../memory/costs.ts';
import type { AnswerHolding, LastAnswers } from '../../memory/last-answers.ts';
import { ByteCollector } from './byte-collector.ts';

export interface LineOptions {
  readonly encoding?: 'utf8' | 'latin1';
  /** What the reader makes of each line takes so many bytes, beside the line's own. */
  readonly lineCost?: number;
}

const newline = 0x0a;

/** One answer. Its body can be read once, in one of the ways below; every way throws ConnectionFailure. */
export class HttpResponse {
  readonly status: number;
  /** By name in lower case; a header that came several times is joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** The body in pieces, unpacked and within its limits. Stopping early cuts the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly #answers: LastAnswers;

  constructor(
    status: number,
    headers: ReadonlyMap<string, string>,
    body: AsyncIterable<Uint8Array>,
    answers: LastAnswers,
  ) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.#answers = answers;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The whole body as text; what is not UTF-8 in it becomes replacement characters. */
  async text(): Promise<string> {
    return this.#collect(() => 0);
  }

  /** How the body begins, for the code in an error; the rest is not read, and the connection is cut. */
  async firstText(maxBytes: number): Promise<string> {
    for await (const piece of this.body) {
      return Buffer.from(piece.subarray(0, maxBytes)).toString('utf8');
    }
    return '';
  }

  /** The whole body as JSON of this shape. Throws PROTOCOL_ERROR for anything else. */
  async json<T>(schema: ZodType<T>): Promise<T> {
    // While it comes: what it becomes could be twenty times as large.
    return parseJson(await this.#collect(costOfJson), schema);
  }

  /**
   * The body's lines without their ends, as many at a time as have come; a last line without an end
   * counts, an empty one does not. Read as latin1, each character is a byte of the line.
   * Throws LIMIT_EXCEEDED for a line of more than `maxLineBytes`.
   */
  async *linePages(
    maxLineBytes: number,
    { encoding = 'utf8', lineCost = 0 }: LineOptions = {},
  ): AsyncGenerator<string[]> {
    const begun = new ByteCollector();
    const hold = this.hold();
    let pageCost = 0;
    for await (const piece of this.body) {
      const end = piece.lastIndexOf(newline);
      begun.add(piece.subarray(0, Math.max(end, 0)));
      if (end >= 0) {
        // The reader has one page in hand and the next one already.
        const bytes = begun.length;
        const lines = begun.take(encoding).split('\n');
        const cost = 2 * bytes + lineCost * lines.length;
        hold(begun.capacity + pageCost + cost);
        pageCost = cost;
        if (lines.some(({ length }) => length > maxLineBytes)) exceeded();
        yield lines;
      }
      begun.add(piece.subarray(end + 1));
      if (begun.length > maxLineBytes) exceeded();
      hold(begun.capacity + 2 * pageCost);
    }
    if (begun.length > 0) yield [begun.take(encoding)];
  }

  /** The same, line by line. */
  async *lines(maxLineBytes: number): AsyncGenerator<string> {
    for await (const page of this.linePages(maxLineBytes)) yield* page;
  }

  /** For who reads `body` piece by piece and keeps some of it. */
  hold(): AnswerHolding {
    return this.#answers.begin();
  }

  /** Reads what is left and forgets it, so that the connection can serve the next request. */
  async discard(): Promise<void> {
    for await (const _piece of this.body);
  }

  async #collect(cost: (piece: Uint8Array) => number): Promise<string> {
    const collected = new ByteCollector();
    const hold = this.hold();
    let bytes = 0;
    for await (const piece of this.body) {
      collected.add(piece);
      bytes += cost(piece);
      hold(collected.capacity + bytes);
    }
    return collected.take('utf8');
  }
}

/** Text as JSON of this shape. Throws PROTOCOL_ERROR for anything else. */
function parseJson<T>(text: string, schema: ZodType<T>): T {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // No JSON at all.
  }
  throw new ConnectionFailure('PROTOCOL_ERROR');
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
