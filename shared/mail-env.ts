import { z } from 'zod';

const isUrl = (value: string, schemes: RegExp): boolean =>
  schemes.test(value) && URL.canParse(value) && new URL(value).hostname !== '';

const SmtpUrl = z.string().refine((value) => isUrl(value, /^smtps?:\/\//), {
  error: 'must be a URL that starts with smtp:// or smtps://',
});
const HttpUrl = z.string().refine((value) => isUrl(value, /^https?:\/\//), {
  error: 'must be a URL that starts with https:// or http://',
});

/** Who e-mail comes from: an address, with or without a name. */
export const MailSender = z
  .string()
  .regex(/^([^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, {
    error: 'must be an address, such as Basekeep <basekeep@example.com>',
  });

/** What a worker sends e-mail with. */
export const mailVariables = {
  SMTP_URL: SmtpUrl.optional(),
  SMTP_FROM: MailSender.optional(),
  /** Where people reach Basekeep, or the console that stands before it. */
  PUBLIC_URL: HttpUrl.optional(),
};

type MailEnv = { readonly [Name in keyof typeof mailVariables]?: string | undefined };

/** Half of a mail server is a mistake that would show only with the first invitation. */
export function isWholeMail(env: MailEnv): boolean {
  const given = [env.SMTP_URL, env.SMTP_FROM, env.PUBLIC_URL].map((value) => value !== undefined);
  return new Set(given).size === 1;
}

export const wholeMailOnly = {
  path: ['SMTP_URL'],
  error: 'is set together with SMTP_FROM and PUBLIC_URL, or not at all',
};
