import { noMoreRows } from './answers.ts';
import * as answers from './answers.ts';
import { type Answer, answerTo } from './catalog.ts';
import { acceptance, dataPackets, refusal, resend, type } from './packets.ts';
import type { Incoming, Peer } from './peer.ts';
import { type Execution, readRequest, type Request } from './requests.ts';
import type { OracleOptions, OracleState } from './options.ts';
import { ServerSignIn } from './sign-in.ts';

/** Flags of a data packet: nothing more comes at all; nothing more of this message. */
const [goodbye, lastOfMessage] = [0x0040, 0x0800];
const refusedText = 'ORA-01017: invalid username/password; logon denied\n';

/** One connection: the listener's part, the sign-in, and cursors. */
export class Session {
  readonly #state: OracleState;
  readonly #options: OracleOptions;
  readonly #gate: () => Promise<void>;
  readonly #signIn: ServerSignIn;
  readonly #cursors = new Map<number, Answer>();
  #message: Buffer[] = [];
  #descriptor: string | null = null;
  #hasBegunAnew = false;
  #isSignedIn = false;
  #isBusy = false;

  constructor(state: OracleState, options: OracleOptions, gate: () => Promise<void>) {
    this.#state = state;
    this.#options = options;
    this.#gate = gate;
    this.#signIn = new ServerSignIn(state.password);
  }

  take(peer: Peer, packet: Incoming): void {
    if (this.#options.onPacket?.(peer, packet)) return;
    if (packet.type === type.connect) return this.#connect(peer, packet.bytes);
    if (packet.type === type.marker && packet.bytes[10] === 3) {
      if (this.#isBusy) this.#state.broken += 1;
      return;
    }
    if (packet.type !== type.data) return peer.close();
    const payload = packet.bytes.subarray(10);
    if (this.#descriptor === '') return this.#listen(peer, payload.toString('latin1'));
    const flags = packet.bytes.readUInt16BE(8);
    if ((flags & goodbye) !== 0) return peer.close();
    this.#message.push(payload);
    if ((flags & lastOfMessage) === 0) return;
    const request = readRequest(Buffer.concat(this.#message));
    this.#message = [];
    if (this.#options.onRequest?.(peer, request)) return;
    void this.#answer(peer, request);
  }

  /** The descriptor is in the packet, or comes after it when it is long. */
  #connect(peer: Peer, bytes: Buffer): void {
    this.#descriptor = '';
    const text = bytes.subarray(bytes.readUInt16BE(26)).toString('latin1');
    if (text !== '') this.#listen(peer, text);
  }

  #listen(peer: Peer, descriptor: string): void {
    const { encryptsAnew } = this.#options;
    if (encryptsAnew && !this.#hasBegunAnew) {
      this.#hasBegunAnew = true;
      void peer.send(resend(8));
      return peer.begin(encryptsAnew);
    }
    this.#descriptor = descriptor;
    const service = /\(SERVICE_NAME=([^)]*)\)/i.exec(descriptor)?.[1];
    if (service !== this.#state.service) {
      void peer.send(refusal(12_514));
      return peer.end();
    }
    void peer.send(acceptance());
    peer.accept();
  }

  async #answer(peer: Peer, request: Request): Promise<void> {
    const parts = await this.#partsOf(request);
    if (parts) await peer.send(dataPackets(Buffer.concat(parts)));
    else peer.close();
  }

  async #partsOf(request: Request): Promise<Buffer[] | null> {
    switch (request.kind) {
      case 'protocol':
        return [answers.protocol()];
      case 'data types':
        return [answers.dataTypes()];
      case 'sign-in':
        return [answers.parameters(this.#signIn.challenge()), answers.status()];
      case 'proof':
        return this.#judge(request);
      case 'execute':
        return this.#isSignedIn ? this.#execute(request) : null;
      case 'fetch':
        return this.#isSignedIn ? this.#rows(request.cursor, request.rows) : null;
      case 'rollback':
      case 'log off':
        return [answers.status()];
      case 'unknown':
        return null;
    }
  }

  #judge({ user, values }: Extract<Request, { values: unknown }>): Buffer[] {
    const opened = this.#signIn.open(values);
    this.#state.signIns.push({ user, password: opened?.password ?? null, values });
    const isRight = user === this.#state.user && opened?.password === this.#state.password;
    if (!isRight) return [answers.end(1_017, refusedText)];
    this.#isSignedIn = true;
    const version = ['AUTH_VERSION_NO', `${0x13000000}`] as const;
    const service = ['AUTH_SC_SERVICE_NAME', this.#state.service] as const;
    const proof = ['AUTH_SVR_RESPONSE', opened.proof] as const;
    return [answers.parameters([version, service, proof]), answers.status()];
  }

  async #execute(execution: Execution): Promise<Buffer[]> {
    const answer = answerTo(execution, this.#state.tables);
    if (answer === 'done') return [answers.end()];
    if (!answer) return [answers.end(942, 'ORA-00942: table or view does not exist\n')];
    this.#isBusy = true;
    if (execution.text.includes('all_')) await this.#gate();
    this.#isBusy = false;
    const cursor = this.#cursors.size + 1;
    this.#cursors.set(cursor, answer);
    return [answers.columns(answer.kinds), ...this.#rows(cursor, execution.rows)];
  }

  #rows(cursor: number, asked: number): Buffer[] {
    const { kinds, rows } = this.#cursors.get(cursor) ?? { kinds: [], rows: [] };
    const count = Math.min(asked, this.#options.maxRows ?? asked);
    const [now, later] = [rows.slice(0, count), rows.slice(count)];
    this.#cursors.set(cursor, { kinds, rows: later });
    const last = later.length === 0 ? noMoreRows : 0;
    return [
      answers.rowHeader(),
      ...now.map((row) => answers.row(row, kinds)),
      answers.end(last, 'ORA-01403: no data found\n', cursor),
    ];
  }
}
