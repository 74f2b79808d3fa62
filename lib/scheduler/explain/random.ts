/**
 * A number from 0 to below 1 that depends on nothing but its two seeds: the same run in the same round always gets the same luck. So two
 * simulations differ only by what differs in the pool (common random numbers), and a page that is loaded again does not flicker.
 * Bits are mixed as in MurmurHash3's finalizer.
 */
export function chance(id: number, round: number): number {
  let bits = Math.imul(id | 0, 0x9e3779b1) ^ Math.imul(Math.floor(id / 2 ** 32), 0x27d4eb2f);
  bits = mix(bits ^ Math.imul(round + 1, 0x85ebca77));
  bits = mix(bits + Math.imul(round, 0xc2b2ae3d));
  return bits / 2 ** 32;
}

function mix(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A number from the standard normal distribution (Box and Muller), as fixed by its round as `chance` is. */
export function normal(round: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - chance(-1, round)));
  return radius * Math.cos(2 * Math.PI * chance(-2, round));
}
