export interface EmulatorAnswer {
  readonly status: number;
  readonly text: string;
}

/** One request to an emulator's REST interface, which wants nobody to sign in. */
export async function askEmulator(
  emulator: URL,
  method: string,
  path: string,
  body?: string,
): Promise<EmulatorAnswer> {
  const response = await fetch(new URL(path, emulator), {
    method,
    headers: { 'content-type': 'application/json', connection: 'close' },
    ...(body === undefined || body === '' ? {} : { body }),
  });
  return { status: response.status, text: await response.text() };
}

/** The same for what has to succeed, in JSON. */
export async function tellEmulator(
  emulator: URL,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const { status, text } = await askEmulator(emulator, method, path, json);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
  return text === '' ? null : JSON.parse(text);
}
