const tab = 9;
const newline = 10;
const point = 46;
const zero = 48;
const nine = 57;

/**
 * Takes zeros at the end of a fraction, and a point that is left alone, from some fields of rows in COPY text, which
 * come in pieces of any size. A fraction that something else follows, such as an exponent, stays as it is.
 */
export function trimFractions(trimmed: readonly boolean[]): (piece: Uint8Array) => Uint8Array {
  const flags = Uint8Array.from(trimmed, Number);
  let column = 0;
  let isFraction = false;
  let isOver = false;
  /** The point and the zeros that only stay if a digit follows them. */
  let hasPoint = false;
  let zeros = 0;

  return (piece) => {
    const text = Buffer.allocUnsafe(piece.length + zeros + 1);
    let size = 0;
    const putHeld = () => {
      if (hasPoint) text[size++] = point;
      for (; zeros > 0; zeros--) text[size++] = zero;
      hasPoint = false;
    };
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!;
      if (byte === tab || byte === newline) {
        column = byte === tab ? column + 1 : 0;
        isFraction = isOver = hasPoint = false;
        zeros = 0;
      } else if (flags[column] === 1 && !isOver) {
        if (isFraction && byte === zero) {
          zeros++;
          continue;
        }
        if (isFraction || hasPoint) putHeld();
        if (isFraction && (byte < zero || byte > nine)) isOver = true;
        if (!isFraction && byte === point) {
          isFraction = hasPoint = true;
          continue;
        }
      }
      text[size++] = byte;
    }
    return text.subarray(0, size);
  };
}
