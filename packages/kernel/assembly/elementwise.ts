// Loops over elements. Arrays start at multiples of 16 bytes and are padded to such, so whole vectors are
// written even past the last element.
// @ts-ignore: of the compiler
import { powf_lut } from '~lib/util/math'
import { geluTanh, geluTanhGrad, geluTanhWithDerivative, mish, mishGrad, silu, siluGrad } from './activations'
import { erf, gelu, geluGrad, geluWithDerivative } from './error-function'
import { exp, expm1, log, log1p, log1pOfUnit, sigmoid, sigmoidOf, softplus, tanh } from './functions'
import { Binary, Opcode, parameterCount, Unary } from './opcodes'
import { sumOf } from './rows'
import { atan2, cos, sin } from './trigonometry'

/** A number that an instruction has behind the operands of its layout, in all lanes; 0 where it has none. */
// @ts-ignore: decorator
@inline
function parameter(opcode: i32, index: i32, extra: usize): v128 {
  return parameterCount(opcode) > index ? v128.load32_splat(extra + (index << 2)) : f32x4.splat(0)
}

// @ts-ignore: decorator
@inline
function unaryLanes(opcode: i32, x: v128, p: v128, q: v128): v128 {
  if (opcode == Opcode.Neg) return f32x4.neg(x)
  if (opcode == Opcode.Abs) return f32x4.abs(x)
  if (opcode == Opcode.Sign) {
    const one = f32x4.splat(1)
    const positive = v128.and(f32x4.gt(x, f32x4.splat(0)), one)
    const negative = v128.and(f32x4.lt(x, f32x4.splat(0)), one)
    const sign = f32x4.sub(positive, negative)
    return v128.bitselect(sign, x, f32x4.eq(x, x))
  }
  if (opcode == Opcode.Square) return f32x4.mul(x, x)
  if (opcode == Opcode.Sqrt) return f32x4.sqrt(x)
  if (opcode == Opcode.Reciprocal) return f32x4.div(f32x4.splat(1), x)
  if (opcode == Opcode.Exp) return exp(x)
  if (opcode == Opcode.Log) return log(x)
  if (opcode == Opcode.Log1p) return log1p(x)
  if (opcode == Opcode.Tanh) return tanh(x)
  if (opcode == Opcode.Sigmoid) return sigmoid(x)
  if (opcode == Opcode.Softplus) return softplus(x)
  if (opcode == Opcode.Rsqrt) return f32x4.div(f32x4.splat(1), f32x4.sqrt(x))
  if (opcode == Opcode.Expm1) return expm1(x)
  if (opcode == Opcode.Sin) return sin(x)
  if (opcode == Opcode.Cos) return cos(x)
  if (opcode == Opcode.Erf) return erf(x)
  if (opcode == Opcode.Gelu) return gelu(x)
  if (opcode == Opcode.GeluTanh) return geluTanh(x)
  if (opcode == Opcode.Silu) return silu(x)
  if (opcode == Opcode.Mish) return mish(x)
  if (opcode == Opcode.HardSigmoid) return hardSigmoid(x)
  if (opcode == Opcode.HardSwish)
    // Multiplied last where the rest is 0: −∞ gives 0 and not NaN.
    return f32x4.mul(f32x4.max(x, f32x4.splat(-3)), hardSigmoid(x))
  if (opcode == Opcode.Floor) return f32x4.floor(x)
  if (opcode == Opcode.Ceil) return f32x4.ceil(x)
  if (opcode == Opcode.Round) return f32x4.nearest(x)
  if (opcode == Opcode.LeakyRelu) return v128.bitselect(x, f32x4.mul(x, p), f32x4.gt(x, f32x4.splat(0)))
  if (opcode == Opcode.Elu) return v128.bitselect(x, f32x4.mul(p, expm1(x)), f32x4.gt(x, f32x4.splat(0)))
  if (opcode == Opcode.Clip) return f32x4.min(f32x4.max(x, p), q)
  if (opcode == Opcode.Relu) return f32x4.max(x, f32x4.splat(0))
  return unreachable()
}

/** min(max(x + 3, 0), 6) / 6. */
// @ts-ignore: decorator
@inline
function hardSigmoid(x: v128): v128 {
  const six = f32x4.splat(6)
  return f32x4.div(f32x4.min(f32x4.max(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0)), six), six)
}

/** The condition is at the end, so that Node 20 materializes constants once and not in every iteration. */
export function unary(opcode: i32, pc: usize, out: usize, x: usize, size: u32): void {
  const end = out + (size << 2)
  const p = parameter(opcode, 0, pc + Unary.end)
  const q = parameter(opcode, 1, pc + Unary.end)
  let from = x
  let to = out
  do {
    v128.store(to, unaryLanes(opcode, v128.load(from), p, q))
    from += 16
    to += 16
  } while (to < end)
}

// @ts-ignore: decorator
@inline
function binaryLanes(opcode: i32, a: v128, b: v128, p: v128, q: v128): v128 {
  const one = f32x4.splat(1)
  const zero = f32x4.splat(0)
  if (opcode == Opcode.Add) return f32x4.add(a, b)
  if (opcode == Opcode.Sub) return f32x4.sub(a, b)
  if (opcode == Opcode.Mul) return f32x4.mul(a, b)
  if (opcode == Opcode.Div) return f32x4.div(a, b)
  if (opcode == Opcode.Maximum) return f32x4.max(a, b)
  if (opcode == Opcode.Minimum) return f32x4.min(a, b)
  if (opcode == Opcode.Less) return v128.and(f32x4.lt(a, b), one)
  if (opcode == Opcode.GreaterEqual) return v128.and(f32x4.ge(a, b), one)
  if (opcode == Opcode.Equal) return v128.and(f32x4.eq(a, b), one)
  // The fused gradients take the function's output and the upstream derivative.
  if (opcode == Opcode.SigmoidGrad) return f32x4.mul(b, f32x4.mul(a, f32x4.sub(one, a)))
  if (opcode == Opcode.TanhGrad) return f32x4.mul(b, f32x4.mul(f32x4.sub(one, a), f32x4.add(one, a)))
  if (opcode == Opcode.ReluGrad) return v128.and(b, f32x4.gt(a, f32x4.splat(0)))
  if (opcode == Opcode.SigmoidCrossEntropy) {
    return crossEntropy(a, b, exp(f32x4.neg(f32x4.abs(a))))
  }
  if (opcode == Opcode.Atan2) return atan2(a, b)
  if (opcode == Opcode.Mod) return mod(a, b)
  if (opcode == Opcode.NotEqual) return v128.and(f32x4.ne(a, b), one)
  if (opcode == Opcode.LogicalAnd) return v128.and(v128.and(f32x4.ne(a, zero), f32x4.ne(b, zero)), one)
  if (opcode == Opcode.LogicalOr) return v128.and(v128.or(f32x4.ne(a, zero), f32x4.ne(b, zero)), one)
  if (opcode == Opcode.LogicalXor) return v128.and(v128.xor(f32x4.ne(a, zero), f32x4.ne(b, zero)), one)
  // These take the function's input and the upstream derivative.
  if (opcode == Opcode.HardSwishGrad) {
    const slope = f32x4.add(f32x4.div(a, f32x4.splat(3)), f32x4.splat(0.5))
    const left = v128.and(slope, f32x4.gt(a, f32x4.splat(-3)))
    return f32x4.mul(b, v128.bitselect(one, left, f32x4.ge(a, f32x4.splat(3))))
  }
  if (opcode == Opcode.LeakyReluGrad) return v128.bitselect(b, f32x4.mul(b, p), f32x4.gt(a, zero))
  if (opcode == Opcode.EluGrad)
    return v128.bitselect(b, f32x4.mul(b, f32x4.mul(p, exp(a))), f32x4.gt(a, zero))
  if (opcode == Opcode.ClipGrad) return v128.and(b, v128.and(f32x4.ge(a, p), f32x4.le(a, q)))
  if (opcode == Opcode.OpenClipGrad) return v128.and(b, v128.and(f32x4.gt(a, p), f32x4.lt(a, q)))
  if (opcode == Opcode.Pow) return pow(a, b)
  return unreachable()
}

/** Lane by lane in double precision. */
// @ts-ignore: decorator
@inline
function pow(a: v128, b: v128): v128 {
  let y = f32x4.splat(powLane(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)))
  y = f32x4.replace_lane(y, 1, powLane(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)))
  y = f32x4.replace_lane(y, 2, powLane(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)))
  return f32x4.replace_lane(y, 3, powLane(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)))
}

/** IEEE 754's pow but for 1 and NaN, where JavaScript's differs from C's: 1 to the NaN is NaN here too. */
function powLane(a: f32, b: f32): f32 {
  if (b != b) return b
  if (b == 2) return a * a
  if (b == 0.5) return a == -Infinity ? Infinity : abs(sqrt(a))
  if (b == -1) return 1 / a
  if (b == 1) return a
  if (b == 0) return 1
  // By a table, in double precision. `Mathf.pow`, which is this, is another function where the compiler is to spare bytes.
  return powf_lut(a, b)
}

/**
 * PyTorch's `remainder`, which has the sign of b. The remainder of the quotient cut off is exact in float64 while the
 * quotient fits in 26 bits; others go the way of single bits.
 */
function mod(a: v128, b: v128): v128 {
  const low = modOf64(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b))
  const high = modOf64(
    f64x2.promote_low_f32x4(v128.shuffle<f32>(a, a, 2, 3, 2, 3)),
    f64x2.promote_low_f32x4(v128.shuffle<f32>(b, b, 2, 3, 2, 3)),
  )
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
}

// @ts-ignore: decorator
@inline
function modOf64(a: v128, b: v128): v128 {
  const quotient = f64x2.trunc(f64x2.div(a, b))
  let r = f64x2.sub(a, f64x2.mul(quotient, b))
  const short = v128.and(
    f64x2.lt(f64x2.abs(quotient), f64x2.splat(67108864)),
    f64x2.lt(f64x2.abs(b), f64x2.splat(Infinity)),
  )
  // Each lane by itself: a number's neighbours must not affect how it is computed.
  if (!i64x2.all_true(short)) {
    const first = f64x2.splat(NativeMath.mod(f64x2.extract_lane(a, 0), f64x2.extract_lane(b, 0)))
    const both = f64x2.replace_lane(first, 1, NativeMath.mod(f64x2.extract_lane(a, 1), f64x2.extract_lane(b, 1)))
    r = v128.bitselect(r, both, short)
  }
  // It has the sign of a, also where it is 0.
  r = v128.bitselect(a, r, f64x2.splat(-0.0))
  const zero = f64x2.splat(0)
  const other = v128.and(f64x2.ne(r, zero), v128.xor(f64x2.lt(r, zero), f64x2.lt(b, zero)))
  return v128.bitselect(f64x2.add(r, b), r, other)
}

export function binary(opcode: i32, pc: usize, out: usize, a: usize, b: usize, columns: u32, rows: u32): void {
  const bytes = columns << 2
  const p = parameter(opcode, 0, pc + Binary.end)
  const q = parameter(opcode, 1, pc + Binary.end)
  if (rows == 0) {
    let i: u32 = 0
    // Four vectors to a turn: the count, the jump and the engine's check for interrupts take as long as a vector.
    if (opcode != Opcode.Pow && opcode != Opcode.EluGrad)
      for (; i + 64 <= bytes; i += 64) {
        const from = a + i
        const other = b + i
        const to = out + i
        const y0 = binaryLanes(opcode, v128.load(from), v128.load(other), p, q)
        const y1 = binaryLanes(opcode, v128.load(from, 16), v128.load(other, 16), p, q)
        const y2 = binaryLanes(opcode, v128.load(from, 32), v128.load(other, 32), p, q)
        const y3 = binaryLanes(opcode, v128.load(from, 48), v128.load(other, 48), p, q)
        v128.store(to, y0)
        v128.store(to, y1, 16)
        v128.store(to, y2, 32)
        v128.store(to, y3, 48)
      }
    for (; i < bytes; i += 16)
      v128.store(out + i, binaryLanes(opcode, v128.load(a + i), v128.load(b + i), p, q))
    return
  }
  const aRow = load<u32>(pc, Binary.aRow) << 2
  const aColumn = load<u32>(pc, Binary.aColumn)
  const bRow = load<u32>(pc, Binary.bRow) << 2
  const bColumn = load<u32>(pc, Binary.bColumn)
  const whole = bytes & ~15
  for (let row: u32 = 0; row < rows; row++) {
    let i: u32 = 0
    if (aColumn == bColumn) {
      if (aColumn)
        for (; i < whole; i += 16)
          v128.store(out + i, binaryLanes(opcode, v128.load(a + i), v128.load(b + i), p, q))
    } else if (aColumn) {
      const right = v128.load32_splat(b)
      for (; i < whole; i += 16) v128.store(out + i, binaryLanes(opcode, v128.load(a + i), right, p, q))
    } else {
      const left = v128.load32_splat(a)
      for (; i < whole; i += 16) v128.store(out + i, binaryLanes(opcode, left, v128.load(b + i), p, q))
    }
    // The rest of the row one by one: a whole vector would write into the next row.
    for (; i < bytes; i += 4)
      v128.store_lane<f32>(
        out + i,
        binaryLanes(opcode, v128.load32_zero(a + i * aColumn), v128.load32_zero(b + i * bColumn), p, q),
        0,
      )
    out += bytes
    a += aRow
    b += bRow
  }
}

/**
 * Gradients of long functions, from their input and the upstream derivative: one loop without broadcasting, since a
 * call from several loops would load its constants again for every vector.
 */
export function backward(opcode: i32, out: usize, x: usize, dy: usize, size: u32): void {
  const bytes = size << 2
  for (let i: u32 = 0; i < bytes; i += 16) {
    const a = v128.load(x + i)
    const b = v128.load(dy + i)
    if (opcode == Opcode.GeluGrad) v128.store(out + i, geluGrad(a, b))
    else if (opcode == Opcode.GeluTanhGrad) v128.store(out + i, geluTanhGrad(a, b))
    else if (opcode == Opcode.SiluGrad) v128.store(out + i, siluGrad(a, b))
    else if (opcode == Opcode.MishGrad) v128.store(out + i, mishGrad(a, b))
    else unreachable()
  }
}

/** A function and its derivative, which need the same exponentials. The condition is at the end as in `unary`. */
export function withDerivative(opcode: i32, out: usize, derivative: usize, x: usize, size: u32): void {
  const bytes = size << 2
  let i: u32 = 0
  do {
    const v = v128.load(x + i)
    if (opcode == Opcode.GeluWithDerivative) geluWithDerivative(out + i, derivative + i, v)
    else if (opcode == Opcode.GeluTanhWithDerivative) geluTanhWithDerivative(out + i, derivative + i, v)
    else unreachable()
    i += 16
  } while (i < bytes)
}

// @ts-ignore: decorator
@inline
function ternaryLanes(opcode: i32, a: v128, b: v128, c: v128): v128 {
  if (opcode == Opcode.Where) return v128.bitselect(b, c, f32x4.ne(a, f32x4.splat(0)))
  if (opcode == Opcode.SigmoidCrossEntropyGrad) return f32x4.mul(c, f32x4.sub(sigmoid(a), b))
  return unreachable()
}

export function ternary(
  opcode: i32, out: usize, a: usize, b: usize, c: usize, size: u32, aMoves: u32, bMoves: u32, cMoves: u32,
): void {
  const bytes = size << 2
  let u = v128.load32_splat(a)
  let v = v128.load32_splat(b)
  let w = v128.load32_splat(c)
  for (let i: u32 = 0; i < bytes; i += 16) {
    if (aMoves) u = v128.load(a + i)
    if (bMoves) v = v128.load(b + i)
    if (cMoves) w = v128.load(c + i)
    v128.store(out + i, ternaryLanes(opcode, u, v, w))
  }
}

/** max(x, 0) − x·y + ln(1 + t), with t = e⁻|ˣ|. */
// @ts-ignore: decorator
@inline
function crossEntropy(x: v128, y: v128, t: v128): v128 {
  // The first two as |x| times what y lacks to the right answer: no two large numbers cancel.
  const lacking = v128.bitselect(f32x4.sub(f32x4.splat(1), y), y, f32x4.gt(x, f32x4.splat(0)))
  return f32x4.add(f32x4.mul(f32x4.abs(x), lacking), log1pOfUnit(t))
}

/** Both halves use the same exponential. */
export function sigmoidCrossEntropyMean(
  mean: usize, losses: usize, gradient: usize, logits: usize, labels: usize, upstream: usize, size: u32,
): void {
  const scale = v128.load32_splat(upstream)
  for (let i: u32 = 0; i < size << 2; i += 16) {
    const x = v128.load(logits + i)
    const y = v128.load(labels + i)
    const t = exp(f32x4.neg(f32x4.abs(x)))
    v128.store(losses + i, crossEntropy(x, y, t))
    v128.store(gradient + i, f32x4.mul(scale, f32x4.sub(sigmoidOf(x, t), y)))
  }
  store<f32>(mean, sumOf(losses, size) / <f32>size)
}
