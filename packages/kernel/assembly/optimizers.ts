// The updates of parameters, each one pass over parameters, gradients and slots. The formulas and their sources are in
// packages/core/src/training/optimizers.ts beside the same in float64.
//
// Settings are float64, so that βᵗ and 1 − β keep their digits: the learning rate η, the weight decay λ, then the rule's
// own. Updates run over the padding too.
import { beginParallel, endParallel, first, isFirst, last } from './threads'

/** Multiplications that take as long as the update of one parameter, which waits for memory. */
const workOfUpdate: u64 = 8

/** What stays the same in a loop, 16 bytes each: settings, then values computed from them. */
const constants = memory.data(24 * 16)

/** Four times a number, read back from memory: V8 moves conversions and divisions into a loop, but not reads. */
// @ts-ignore: decorator
@inline
function constant(index: usize, value: f64): v128 {
  v128.store(constants + (index << 4), f32x4.splat(<f32>value))
  return v128.load(constants + (index << 4))
}

// @ts-ignore: decorator
@inline
function setting(settings: usize, index: usize): v128 {
  return constant(index, load<f64>(settings + (index << 3)))
}

/** 1 − β, rounded once. */
// @ts-ignore: decorator
@inline
function complement(settings: usize, index: usize): v128 {
  return constant(8 + index, 1 - load<f64>(settings + (index << 3)))
}

/** g + λ·p */
// @ts-ignore: decorator
@inline
function decayed(g: v128, decay: v128, p: v128): v128 {
  return f32x4.add(g, f32x4.mul(decay, p))
}

/** keep·mean + take·value */
// @ts-ignore: decorator
@inline
function blend(keep: v128, mean: v128, take: v128, value: v128): v128 {
  return f32x4.add(f32x4.mul(keep, mean), f32x4.mul(take, value))
}

/** The bits of exponents, of which numbers below 2⁻¹²⁶ have none. */
const exponents = memory.data<u32>([0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000], 16)

/**
 * Keeps four numbers of a slot, and 0 for a subnormal one: what decays step by step would stay subnormal for ever once
 * its gradients are 0, and arithmetic with such numbers takes ten times as long on many processors.
 */
// @ts-ignore: decorator
@inline
function storeSlot(at: usize, x: v128): void {
  const subnormal = i32x4.eq(v128.and(x, v128.load(exponents)), i32x4.splat(0))
  v128.store(at, v128.andnot(x, subnormal))
}

/** No slots. */
export function sgd(pc: usize, parameters: usize, gradients: usize, settings: usize, size: u32): void {
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const rate = setting(settings, 0)
  const decay = setting(settings, 1)
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const p = v128.load(parameters + i)
    const g = decayed(v128.load(gradients + i), decay, p)
    v128.store(parameters + i, f32x4.sub(p, f32x4.mul(rate, g)))
  }
  endParallel()
}

/** Slots: velocity. Settings: μ, 1 for Nesterov's form. */
export function momentum(
  pc: usize, parameters: usize, gradients: usize, velocity: usize, settings: usize, size: u32,
): void {
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const rate = setting(settings, 0)
  const decay = setting(settings, 1)
  const mu = setting(settings, 2)
  const nesterov = load<f64>(settings, 24) != 0
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const p = v128.load(parameters + i)
    const g = decayed(v128.load(gradients + i), decay, p)
    const v = f32x4.add(f32x4.mul(mu, v128.load(velocity + i)), g)
    storeSlot(velocity + i, v)
    const direction = nesterov ? f32x4.add(g, f32x4.mul(mu, v)) : v
    v128.store(parameters + i, f32x4.sub(p, f32x4.mul(rate, direction)))
  }
  endParallel()
}

/** Slots: mean, variance. Settings: β₁, β₂, ε, 1 for decoupled weight decay; β₁ᵗ and β₂ᵗ as they last were. */
export function adam(
  pc: usize, parameters: usize, gradients: usize, mean: usize, variance: usize, settings: usize, size: u32,
): void {
  // Once, before others read them.
  if (isFirst()) {
    store<f64>(settings, load<f64>(settings, 48) * load<f64>(settings, 16), 48)
    store<f64>(settings, load<f64>(settings, 56) * load<f64>(settings, 24), 56)
  }
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const power1 = load<f64>(settings, 48)
  const power2 = load<f64>(settings, 56)
  const decoupled = load<f64>(settings, 40) != 0
  const decay = constant(1, decoupled ? 0 : load<f64>(settings, 8))
  const shrink = constant(18, decoupled ? 1 - load<f64>(settings) * load<f64>(settings, 8) : 1)
  const rate = constant(16, load<f64>(settings) / (1 - power1))
  const correction = constant(17, 1 / (1 - power2))
  const epsilon = setting(settings, 4)
  const keep1 = setting(settings, 2)
  const keep2 = setting(settings, 3)
  const take1 = complement(settings, 2)
  const take2 = complement(settings, 3)
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const p = v128.load(parameters + i)
    const g = decayed(v128.load(gradients + i), decay, p)
    const m = blend(keep1, v128.load(mean + i), take1, g)
    const v = blend(keep2, v128.load(variance + i), take2, f32x4.mul(g, g))
    storeSlot(mean + i, m)
    storeSlot(variance + i, v)
    const scale = f32x4.add(f32x4.sqrt(f32x4.mul(v, correction)), epsilon)
    const step = f32x4.div(f32x4.mul(rate, m), scale)
    v128.store(parameters + i, f32x4.sub(f32x4.mul(shrink, p), step))
  }
  endParallel()
}

/** Slots: mean, norm. Settings: β₁, β₂, ε; β₁ᵗ as it last was. */
export function adamax(
  pc: usize, parameters: usize, gradients: usize, mean: usize, norm: usize, settings: usize, size: u32,
): void {
  // Once, before others read it.
  if (isFirst()) store<f64>(settings, load<f64>(settings, 40) * load<f64>(settings, 16), 40)
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const power1 = load<f64>(settings, 40)
  const decay = setting(settings, 1)
  const rate = constant(16, load<f64>(settings) / (1 - power1))
  const epsilon = setting(settings, 4)
  const keep1 = setting(settings, 2)
  const keep2 = setting(settings, 3)
  const take1 = complement(settings, 2)
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const p = v128.load(parameters + i)
    const g = decayed(v128.load(gradients + i), decay, p)
    const m = blend(keep1, v128.load(mean + i), take1, g)
    const u = f32x4.max(f32x4.mul(keep2, v128.load(norm + i)), f32x4.add(f32x4.abs(g), epsilon))
    storeSlot(mean + i, m)
    storeSlot(norm + i, u)
    v128.store(parameters + i, f32x4.sub(p, f32x4.div(f32x4.mul(rate, m), u)))
  }
  endParallel()
}

/**
 * Slots: mean, variance. Settings: β₁, β₂, ε, 0.96^ψ; then as they last were β₂ᵗ, the product of the μ, and half of
 * 0.96^(ψ·(t + 1)), from which μ of the next step is computed.
 */
export function nadam(
  pc: usize, parameters: usize, gradients: usize, mean: usize, variance: usize, settings: usize, size: u32,
): void {
  const beta1 = load<f64>(settings, 16)
  const half = load<f64>(settings, 64)
  const nextHalf = half * load<f64>(settings, 40)
  const mu = beta1 * (1 - half)
  const nextMu = beta1 * (1 - nextHalf)
  // Once, before others read them.
  if (isFirst()) {
    store<f64>(settings, load<f64>(settings, 48) * load<f64>(settings, 24), 48)
    store<f64>(settings, load<f64>(settings, 56) * mu, 56)
  }
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const power2 = load<f64>(settings, 48)
  const product = load<f64>(settings, 56)
  const decay = setting(settings, 1)
  const ofGradient = constant(16, (load<f64>(settings) * (1 - mu)) / (1 - product))
  const ofMean = constant(17, (load<f64>(settings) * nextMu) / (1 - product * nextMu))
  const correction = constant(18, 1 / (1 - power2))
  const epsilon = setting(settings, 4)
  const keep1 = setting(settings, 2)
  const keep2 = setting(settings, 3)
  const take1 = complement(settings, 2)
  const take2 = complement(settings, 3)
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const p = v128.load(parameters + i)
    const g = decayed(v128.load(gradients + i), decay, p)
    const m = blend(keep1, v128.load(mean + i), take1, g)
    const v = blend(keep2, v128.load(variance + i), take2, f32x4.mul(g, g))
    storeSlot(mean + i, m)
    storeSlot(variance + i, v)
    const scale = f32x4.add(f32x4.sqrt(f32x4.mul(v, correction)), epsilon)
    const step = f32x4.div(blend(ofGradient, g, ofMean, m), scale)
    v128.store(parameters + i, f32x4.sub(p, step))
  }
  endParallel()
  // Once, when it is not read any more.
  if (isFirst()) store<f64>(settings, nextHalf, 64)
}

/** Slots: square, mean or none, velocity or none. Settings: α, ε, μ. */
export function rmsProp(
  pc: usize, parameters: usize, gradients: usize, square: usize, mean: usize, velocity: usize, settings: usize,
  size: u32,
): void {
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const rate = setting(settings, 0)
  const decay = setting(settings, 1)
  const keep = setting(settings, 2)
  const take = complement(settings, 2)
  const epsilon = setting(settings, 3)
  const mu = setting(settings, 4)
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const p = v128.load(parameters + i)
    const g = decayed(v128.load(gradients + i), decay, p)
    let variance = blend(keep, v128.load(square + i), take, f32x4.mul(g, g))
    storeSlot(square + i, variance)
    if (mean != 0) {
      const m = blend(keep, v128.load(mean + i), take, g)
      storeSlot(mean + i, m)
      // Rounding can make the variance of a gradient that stays the same negative.
      variance = f32x4.max(f32x4.splat(0), f32x4.sub(variance, f32x4.mul(m, m)))
    }
    let direction = f32x4.div(g, f32x4.add(f32x4.sqrt(variance), epsilon))
    if (velocity != 0) {
      direction = f32x4.add(f32x4.mul(mu, v128.load(velocity + i)), direction)
      storeSlot(velocity + i, direction)
    }
    v128.store(parameters + i, f32x4.sub(p, f32x4.mul(rate, direction)))
  }
  endParallel()
}

/** Slots: sum. Settings: ε. */
export function adagrad(pc: usize, parameters: usize, gradients: usize, sum: usize, settings: usize, size: u32): void {
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const rate = setting(settings, 0)
  const decay = setting(settings, 1)
  const epsilon = setting(settings, 2)
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const p = v128.load(parameters + i)
    const g = decayed(v128.load(gradients + i), decay, p)
    const s = f32x4.add(v128.load(sum + i), f32x4.mul(g, g))
    storeSlot(sum + i, s)
    v128.store(parameters + i, f32x4.sub(p, f32x4.div(f32x4.mul(rate, g), f32x4.add(f32x4.sqrt(s), epsilon))))
  }
  endParallel()
}

/** Slots: square, squared steps. Settings: ρ, ε. */
export function adadelta(
  pc: usize, parameters: usize, gradients: usize, square: usize, steps: usize, settings: usize, size: u32,
): void {
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const rate = setting(settings, 0)
  const decay = setting(settings, 1)
  const keep = setting(settings, 2)
  const take = complement(settings, 2)
  const epsilon = setting(settings, 3)
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const p = v128.load(parameters + i)
    const g = decayed(v128.load(gradients + i), decay, p)
    const s = blend(keep, v128.load(square + i), take, f32x4.mul(g, g))
    storeSlot(square + i, s)
    const before = v128.load(steps + i)
    const ratio = f32x4.div(f32x4.sqrt(f32x4.add(before, epsilon)), f32x4.sqrt(f32x4.add(s, epsilon)))
    const step = f32x4.mul(ratio, g)
    storeSlot(steps + i, blend(keep, before, take, f32x4.mul(step, step)))
    v128.store(parameters + i, f32x4.sub(p, f32x4.mul(rate, step)))
  }
  endParallel()
}

/** Slots: mean. Settings: β₁, β₂. */
export function lion(pc: usize, parameters: usize, gradients: usize, mean: usize, settings: usize, size: u32): void {
  beginParallel(pc, <u64>size * workOfUpdate)
  const end = last(size, 4) << 2
  const rate = setting(settings, 0)
  const shrink = constant(16, 1 - load<f64>(settings) * load<f64>(settings, 8))
  const keep1 = setting(settings, 2)
  const keep2 = setting(settings, 3)
  const take1 = complement(settings, 2)
  const take2 = complement(settings, 3)
  const zero = f32x4.splat(0)
  for (let i = first(size, 4) << 2; i < end; i += 16) {
    const g = v128.load(gradients + i)
    const m = v128.load(mean + i)
    const c = blend(keep1, m, take1, g)
    storeSlot(mean + i, blend(keep2, m, take2, g))
    // η with the sign of c, and 0 where c is 0.
    const up = v128.and(f32x4.gt(c, zero), rate)
    const step = f32x4.sub(up, v128.and(f32x4.lt(c, zero), rate))
    v128.store(parameters + i, f32x4.sub(f32x4.mul(shrink, v128.load(parameters + i)), step))
  }
  endParallel()
}
