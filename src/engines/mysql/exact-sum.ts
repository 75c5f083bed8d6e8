/** Rows, and the sum of the first 60 bits of their hashes. */
export interface ExactSum {
  add(hash: string): void;
  rows(): bigint;
  total(): bigint;
}

/** So many sums of 32 bits stay exact in a double. */
const exactRows = 1_048_576;

/** By two doubles, because a bigint for each row takes as long as its hash. */
export function exactSum(): ExactSum {
  let [rows, high, low] = [0, 0, 0];
  let [allRows, total] = [0n, 0n];

  function flush(): void {
    allRows += BigInt(rows);
    total += (BigInt(high) << 28n) + BigInt(low);
    [rows, high, low] = [0, 0, 0];
  }

  return {
    add(hash) {
      rows += 1;
      high += Number.parseInt(hash.slice(0, 8), 16);
      low += Number.parseInt(hash.slice(8, 15), 16);
      if (rows === exactRows) flush();
    },
    rows() {
      flush();
      return allRows;
    },
    total() {
      flush();
      return total;
    },
  };
}
