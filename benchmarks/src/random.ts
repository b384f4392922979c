// Stateless pseudorandom numbers, the same everywhere: a hash of (seed, index).

/** Mixes all bits of an integer; two rounds suffice to decorrelate neighbouring inputs. */
function mix(value: number): number {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97)
  return (bits ^ (bits >>> 15)) >>> 0
}

/** An integer in [0, 2³²). */
export function randomInteger(seed: number, index: number): number {
  return mix(mix(seed + 0x9e3779b9) ^ mix(index + 1))
}

/** `count` float32 numbers, uniform in [low, high). */
export function uniform(seed: number, count: number, low: number, high: number): Float32Array {
  const values = new Float32Array(count)
  for (let index = 0; index < count; index++)
    values[index] = low + (high - low) * (randomInteger(seed, index) / 2 ** 32)
  return values
}
