/*
 * SQLite's own limits: an expression is 1,000 deep, which a chain of operators is by each of its parts, and a function
 * takes 1,000 arguments. A table has up to 2,000 columns.
 */

/** Whether any of the conditions holds. */
export function anyOf(conditions: readonly string[]): string {
  return tree(conditions, "OR") || "0";
}

export function sumOf(numbers: readonly string[]): string {
  return tree(numbers, "+") || "0";
}

/** As shallow as can be. */
function tree(parts: readonly string[], operator: string): string {
  if (parts.length <= 2) return parts.join(` ${operator} `);
  const half = Math.ceil(parts.length / 2);
  return `(${tree(parts.slice(0, half), operator)}) ${operator} (${tree(parts.slice(half), operator)})`;
}

const mostArguments = 900;

/** All texts one after another; NULL is none. */
export function concatOf(texts: readonly string[]): string {
  if (texts.length <= mostArguments) return `concat(${texts.join(",")})`;
  const parts = Array.from({ length: Math.ceil(texts.length / mostArguments) }, (_, n) =>
    concatOf(texts.slice(n * mostArguments, (n + 1) * mostArguments)),
  );
  return concatOf(parts);
}

/** All texts with a mark between each two; none of them is NULL. */
export function joinedBy(mark: string, texts: readonly string[]): string {
  if (texts.length <= mostArguments) return `concat_ws(${mark},${texts.join(",")})`;
  const parts = Array.from({ length: Math.ceil(texts.length / mostArguments) }, (_, n) =>
    joinedBy(mark, texts.slice(n * mostArguments, (n + 1) * mostArguments)),
  );
  return joinedBy(mark, parts);
}

/** The texts with another one between each two. */
export function between(texts: readonly string[], mark: string): string[] {
  return texts.flatMap((text, n) => (n === 0 ? [text] : [mark, text]));
}
