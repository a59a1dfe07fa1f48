/**
 * What every secret of the canary tests begins with. One search for it in every spelling finds them
 * all, and what stands around a hit says which one it is.
 */
export const canaryCore = 'kNr7xQ2m9TzB4wLf';

/** A secret of its own for a field at one step, with characters that formats like to escape. */
export const canaryOf = (step: string, field: string): string =>
  `${canaryCore}.${step}.${field}"+/\\'`;

/** The part of a text's base64 that does not depend on what stands before or behind it. */
function base64Core(text: string, lead: number): string {
  const bytes = Buffer.concat([Buffer.alloc(lead), Buffer.from(text)]);
  const characters = bytes.toString('base64');
  return characters.slice(Math.ceil((lead * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

const eachByte = (text: string, escape: (code: string) => string): string =>
  [...Buffer.from(text)].map((byte) => escape(byte.toString(16).padStart(2, '0'))).join('');

/** Every spelling of a text that a search of raw bytes has to know, by its name. */
export function spellingsOf(text: string): Map<string, Buffer> {
  const hex = Buffer.from(text).toString('hex');
  const base64 = [0, 1, 2].map((lead) => base64Core(text, lead));
  const spellings: [string, string | Buffer][] = [
    ['raw', text],
    ['utf-16', Buffer.from(text, 'utf16le')],
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ...base64.map((core, lead): [string, string] => [`base64 at ${lead}`, core]),
    ...base64.map((core, lead): [string, string] => [
      `base64url at ${lead}`,
      core.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
    ['url', encodeURIComponent(text)],
    ['url, each byte', eachByte(text, (code) => `%${code}`)],
    ['URL, each byte', eachByte(text, (code) => `%${code.toUpperCase()}`)],
    ['json', JSON.stringify(text).slice(1, -1)],
    ['json, each character', eachByte(text, (code) => `\\u00${code}`)],
    ['json in json', JSON.stringify(JSON.stringify(text)).slice(3, -3)],
    ['C escapes', eachByte(text, (code) => `\\x${code}`)],
    ['backwards', Buffer.from(text).reverse()],
  ];
  return new Map(spellings.map(([name, spelling]) => [name, Buffer.from(spelling)]));
}

const needles = spellingsOf(canaryCore);

/** The spellings in which secrets stand in the bytes, each with what is around its first hit. */
export function findCanaries(bytes: Buffer): string[] {
  return [...needles].flatMap(([spelling, needle]) => {
    const at = bytes.indexOf(needle);
    if (at < 0) return [];
    const around = bytes.subarray(Math.max(0, at - 60), at + needle.length + 60);
    return [`${spelling}: ${JSON.stringify(around.toString('latin1'))}`];
  });
}
