/**
 * How a comparison shows a text that has bytes which its character set has no character for, and only such a text: no
 * other value equals it, and no statement could write it elsewhere.
 */
const shown =
  /^x'[0-9a-f]+(?:\.\.\. of \d+ bytes whose SHA-256 is [0-9a-f]{64})?', which [a-z0-9]+ has no characters for$/;

export function isUndefinedBytesText(value: string): boolean {
  return shown.test(value);
}
