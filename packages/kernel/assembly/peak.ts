// Measures the engine: as many multiplications and additions as it can do at once.
import { multiplyAdd } from './functions'

/** Loaded, since the engine rematerializes a constant at each use: 11 instead of 47 GFLOP/s in Node 24. */
const constants = memory.data<f32>([0.5, 1])

/**
 * Twelve chains, since a multiplication and an addition take six cycles on many machines and two of each can start in a
 * cycle; with the constants they just fit sixteen registers.
 */
export function multiplyAdds(out: usize, times: u32): void {
  const half = v128.load32_splat(constants)
  const one = v128.load32_splat(constants, 4)
  let v0 = f32x4.splat(1)
  let v1 = f32x4.splat(2)
  let v2 = f32x4.splat(3)
  let v3 = f32x4.splat(4)
  let v4 = f32x4.splat(5)
  let v5 = f32x4.splat(6)
  let v6 = f32x4.splat(7)
  let v7 = f32x4.splat(8)
  let v8 = f32x4.splat(9)
  let v9 = f32x4.splat(10)
  let v10 = f32x4.splat(11)
  let v11 = f32x4.splat(12)
  for (let i = times; i > 0; i--) {
    v0 = multiplyAdd(v0, half, one)
    v1 = multiplyAdd(v1, half, one)
    v2 = multiplyAdd(v2, half, one)
    v3 = multiplyAdd(v3, half, one)
    v4 = multiplyAdd(v4, half, one)
    v5 = multiplyAdd(v5, half, one)
    v6 = multiplyAdd(v6, half, one)
    v7 = multiplyAdd(v7, half, one)
    v8 = multiplyAdd(v8, half, one)
    v9 = multiplyAdd(v9, half, one)
    v10 = multiplyAdd(v10, half, one)
    v11 = multiplyAdd(v11, half, one)
  }
  v0 = f32x4.add(v0, v1)
  v0 = f32x4.add(v0, v2)
  v0 = f32x4.add(v0, v3)
  v0 = f32x4.add(v0, v4)
  v0 = f32x4.add(v0, v5)
  v0 = f32x4.add(v0, v6)
  v0 = f32x4.add(v0, v7)
  v0 = f32x4.add(v0, v8)
  v0 = f32x4.add(v0, v9)
  v0 = f32x4.add(v0, v10)
  v0 = f32x4.add(v0, v11)
  v128.store(out, v0)
}
