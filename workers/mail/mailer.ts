import { createTransport } from 'nodemailer';
import type { WorkerEnv } from '../../shared/env.ts';

export interface Message {
  /** One address, and nothing else. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The operator's mail server. */
export interface Mailer {
  /** Where links in messages lead. */
  readonly publicUrl: URL;
  /** Resolves when the server has taken the message; rejects at `signal` or when it does not. */
  send(message: Message, signal: AbortSignal): Promise<void>;
}

const greetingMs = 10_000;
const silenceMs = 20_000;

/** Null where the environment names no mail server. Connects with each message. */
export function createMailer(
  env: Pick<WorkerEnv, 'SMTP_URL' | 'SMTP_FROM' | 'PUBLIC_URL'>,
): Mailer | null {
  const { SMTP_URL: url, SMTP_FROM: from, PUBLIC_URL: publicUrl } = env;
  if (url === undefined || from === undefined || publicUrl === undefined) return null;
  return {
    publicUrl: new URL(publicUrl),
    async send({ to, subject, text }, signal) {
      const transport = createTransport(smtpOptions(new URL(url)));
      const aborted = Promise.withResolvers<never>();
      const abort = (): void => aborted.reject(new Error('the message was not sent in time'));
      signal.addEventListener('abort', abort, { once: true });
      try {
        signal.throwIfAborted();
        // As an object the address is taken for one, whatever stands in it.
        const sent = transport.sendMail({ from, to: { name: '', address: to }, subject, text });
        await Promise.race([sent, aborted.promise]);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
  };
}

function smtpOptions({ protocol, hostname, port, username, password }: URL) {
  const secure = protocol === 'smtps:';
  const user = decodeURIComponent(username);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    // A password is never sent in clear; without one, TLS is used where the server offers it.
    requireTLS: !secure && user !== '',
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(password) } }),
    connectionTimeout: greetingMs,
    greetingTimeout: greetingMs,
    socketTimeout: silenceMs,
    // A message is made of its text alone.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
