import { ConnectionFailure } from '../../connector.ts';
import { readColumns, type TextColumn, token } from './token.ts';

/** What an answer may have at most, and has to have. */
export interface ExpectedAnswer {
  readonly rows: number;
  /** Of every row; 0 for a statement that has none. */
  readonly columns: number;
}

/** Whether the driver gets to see a token, and whether it is a row. */
export type Shown = 'yes' | 'no' | 'row';

// [MS-TDS], section 2.2.7.9, "ENVCHANGE".
const change = { packetSize: 4, routing: 20 };
const [minPacketBytes, maxPacketBytes] = [512, 32_767];
// [MS-TDS], section 2.2.7.14: TDS 7.3 (SQL Server 2008) and 7.4 (2012 and newer).
const versions = new Set([0x730a0003, 0x730b0003, 0x74000004]);
// [MS-TDS], section 2.2.7.6.
const moreToCome = 0x0001;
const maxErrors = 100;

/** What both kinds of answers have: messages, errors, changes of the session, an end. */
abstract class AnswerTokens {
  readonly errors: number[] = [];
  columns: readonly TextColumn[] = [];
  #isComplete = false;

  /** Whether the last token said that nothing follows. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Judges a whole token. Throws PROTOCOL_ERROR for one that has no place here. */
  check(whole: Buffer): Shown {
    if (this.#isComplete) refuse();
    switch (whole.readUInt8(0)) {
      case token.info:
        return 'no';
      case token.error:
        return this.#error(whole);
      case token.change:
        return checkChange(whole);
      case token.doneInProcedure:
        // The procedure's own end follows.
        return 'yes';
      case token.done:
      case token.doneProcedure:
        this.#isComplete = (whole.readUInt16LE(1) & moreToCome) === 0;
        return 'yes';
      default:
        return this.checkOwn(whole);
    }
  }

  protected abstract checkOwn(whole: Buffer): Shown;

  #error(whole: Buffer): Shown {
    if (whole.length < 7 || this.errors.length >= maxErrors) refuse();
    this.errors.push(whole.readInt32LE(3));
    return 'yes';
  }
}

/** The answer to a sign-in. */
export class SignInTokens extends AnswerTokens {
  protected override checkOwn(whole: Buffer): Shown {
    // The driver asks for UTF-8 by itself; whether the server has it does not matter to NVARCHAR.
    if (whole[0] === token.featureAck) return 'no';
    if (whole[0] !== token.loginAck || whole.length < 8) refuse();
    if (!versions.has(whole.readUInt32BE(4))) refuse();
    return 'yes';
  }
}

/** The answer to one statement: at most one list of rows. */
export class StatementTokens extends AnswerTokens {
  readonly #expected: ExpectedAnswer;
  #rows = 0;

  constructor(expected: ExpectedAnswer) {
    super();
    this.#expected = expected;
  }

  protected override checkOwn(whole: Buffer): Shown {
    switch (whole.readUInt8(0)) {
      case token.order:
        return 'no';
      case token.returnStatus:
        return 'yes';
      case token.columns: {
        if (this.columns.length > 0) refuse();
        this.columns = readColumns(whole, 0);
        if (this.columns.length !== this.#expected.columns) refuse();
        return 'yes';
      }
      case token.row:
      case token.rowWithNulls:
        this.#rows += 1;
        if (this.columns.length === 0 || this.#rows > this.#expected.rows) refuse();
        return 'row';
      default:
        return refuse();
    }
  }
}

/** Of all changes the driver is only told of the packet size, which it has to keep to. */
function checkChange(whole: Buffer): Shown {
  const type = whole[3];
  if (type === change.routing) throw new ConnectionFailure('REDIRECT_REFUSED');
  if (type !== change.packetSize) return 'no';
  const digits = whole.toString('utf16le', 5, 5 + 2 * (whole[4] ?? 0));
  const size = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (size < minPacketBytes || size > maxPacketBytes) refuse();
  return 'yes';
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
