import type { AnyAuthMethod, AuthenticationType, ParsedKey } from 'ssh2';

export interface SshSignIn {
  readonly username: string;
  readonly password: string | undefined;
  readonly key: ParsedKey | null;
}

/** Asked for the next way to sign in, given what the server still accepts; false when none is left. */
export type NextMethod = (accepted: readonly AuthenticationType[] | null) => AnyAuthMethod | false;

/**
 * Each way at most once, and only what the server asks for: the key, which shows it nothing, before
 * the password. Both are used when the server wants both. A refused password is not tried again as
 * an answer to keyboard-interactive: two failures at once lock accounts out.
 */
export function signInMethods({ username, password, key }: SshSignIn): NextMethod {
  let untried: AnyAuthMethod[] = [];
  if (key) untried.push({ type: 'publickey', username, key });
  if (password !== undefined) {
    untried.push({ type: 'password', username, password });
    untried.push({ type: 'keyboard-interactive', username, prompt: answering(password) });
  }
  return (accepted) => {
    // The first question is what the server accepts at all (RFC 4252, section 5.2).
    if (accepted === null) return { type: 'none', username };
    const next = untried.find(({ type }) => accepted.includes(type));
    if (!next) return false;
    const isPassword = next.type === 'password' || next.type === 'keyboard-interactive';
    untried = untried.filter(
      ({ type }) => type !== next.type && !(isPassword && type !== 'publickey'),
    );
    return next;
  };
}

type Prompt = Extract<AnyAuthMethod, { type: 'keyboard-interactive' }>['prompt'];

/** Answers the one hidden question that is the password; any other, such as a code, stays unanswered. */
function answering(password: string): Prompt {
  let answered = false;
  return (_name, _instructions, _language, prompts, finish) => {
    const [question] = prompts;
    const isPassword = prompts.length === 1 && question?.echo === false && !answered;
    answered = true;
    finish(isPassword ? [password] : prompts.map(() => ''));
  };
}
