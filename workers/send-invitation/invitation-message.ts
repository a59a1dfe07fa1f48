import type { Message } from '../mail/mailer.ts';
import type { LoadedInvitation } from './load-invitation.ts';

/**
 * The e-mail of an invitation, in plain text. The token stands behind a `#`: that part of a link
 * reaches no server, and so no log.
 */
export function invitationMessage(
  {
    organization,
    email,
    expiresOn,
  }: Pick<LoadedInvitation, 'organization' | 'email' | 'expiresOn'>,
  token: string,
  publicUrl: URL,
): Message {
  const name = onOneLine(organization);
  const link = new URL(`${publicUrl.pathname.replace(/\/$/, '')}/accept-invitation`, publicUrl);
  link.hash = `token=${token}`;
  return {
    to: email,
    subject: `You are invited to ${name}`,
    text: [
      `You are invited to the organization "${name}" on Basekeep.`,
      `Accept until ${expiresOn}:`,
      link.href,
      'Or send this token and a password of yours to POST /api/v1/auth/accept-invitation:',
      token,
      'If you did not expect this, do nothing.',
      '',
    ].join('\n\n'),
  };
}

/** Names are anybody's text: no line of a message is theirs to begin, and none is theirs alone. */
function onOneLine(text: string): string {
  return text
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 100);
}
