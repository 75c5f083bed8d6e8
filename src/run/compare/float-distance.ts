/**
 * How many representable numbers lie between two floats, given as text: 0 for the same value, null where one of
 * them is no number or the signs or infinities make a distance meaningless. Method: the bits of a float, read as an
 * integer, are in the order of the values (Dawson, "Comparing floating point numbers", 2012).
 */
export function floatDistance(left: string, right: string, bits: 32 | 64): bigint | null {
  const [a, b] = [Number(left), Number(right)];
  if (Number.isNaN(a) && Number.isNaN(b) && left === right) return 0n;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return a === b ? 0n : null;
  const distance = ordered(a, bits) - ordered(b, bits);
  return distance < 0n ? -distance : distance;
}

function ordered(value: number, bits: 32 | 64): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (bits === 64) view.setFloat64(0, value);
  else view.setFloat32(0, value);
  const pattern = bits === 64 ? view.getBigUint64(0) : BigInt(view.getUint32(0));
  const sign = 1n << BigInt(bits - 1);
  return (pattern & sign) === 0n ? pattern : -(pattern - sign);
}
