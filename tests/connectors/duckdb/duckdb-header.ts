import { readFileSync, writeFileSync } from 'node:fs';

// DuckDB, storage_info.hpp: a header block of 4,096 bytes that begins with the checksum of its rest,
// then the four bytes DUCK, then the storage version.
const headerBytes = 4_096;
const versionAt = 12;
const word = (1n << 64n) - 1n;

/** A copy of a database that says to be of another storage version, with or without its checksum. */
export function overwriteHeader(
  from: string,
  to: string,
  { version, isSummed }: { readonly version: bigint; readonly isSummed: boolean },
): void {
  const bytes = readFileSync(from);
  bytes.writeBigUInt64LE(version, versionAt);
  if (isSummed) bytes.writeBigUInt64LE(checksum(bytes.subarray(8, headerBytes)), 0);
  writeFileSync(to, bytes);
}

/** DuckDB, checksum.cpp, for whole words. */
function checksum(bytes: Buffer): bigint {
  let sum = 5381n;
  for (let at = 0; at < bytes.length; at += 8) {
    sum ^= (bytes.readBigUInt64LE(at) * 0xbf58476d1ce4e5b9n) & word;
  }
  return sum;
}
