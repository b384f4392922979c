// What a training step does besides mathematics: picks its rows, records its loss, updates parameters.
// The settings of an update are float64, so that β₂ᵗ and 1 − β₂ keep their digits.

/** Operands: parameters, gradients, settings (learning rate), size. */
export function sgd(pc: usize): void {
  const parameters = load<u32>(pc, 4)
  const gradients = load<u32>(pc, 8)
  const rate = f32x4.splat(<f32>load<f64>(load<u32>(pc, 12)))
  const bytes = load<u32>(pc, 16) << 2
  for (let i: u32 = 0; i < bytes; i += 16) {
    const step = f32x4.mul(rate, v128.load(gradients + i))
    v128.store(parameters + i, f32x4.sub(v128.load(parameters + i), step))
  }
}

/**
 * Operands: parameters, gradients, velocity, settings (learning rate, momentum, Nesterov), size.
 * v = μ·v + g; p −= η·v, or p −= η·(g + μ·v) in Nesterov's form (Sutskever et al. 2013).
 */
export function momentum(pc: usize): void {
  const parameters = load<u32>(pc, 4)
  const gradients = load<u32>(pc, 8)
  const velocity = load<u32>(pc, 12)
  const settings = load<u32>(pc, 16)
  const bytes = load<u32>(pc, 20) << 2
  const rate = f32x4.splat(<f32>load<f64>(settings))
  const mu = f32x4.splat(<f32>load<f64>(settings, 8))
  const nesterov = load<f64>(settings, 16) != 0
  for (let i: u32 = 0; i < bytes; i += 16) {
    const g = v128.load(gradients + i)
    const v = f32x4.add(f32x4.mul(mu, v128.load(velocity + i)), g)
    v128.store(velocity + i, v)
    const direction = nesterov ? f32x4.add(g, f32x4.mul(mu, v)) : v
    v128.store(parameters + i, f32x4.sub(v128.load(parameters + i), f32x4.mul(rate, direction)))
  }
}

/**
 * Operands: parameters, gradients, mean, variance, settings (learning rate, β₁, β₂, ε, β₁ᵗ, β₂ᵗ), size.
 * m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; p −= η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε) (Kingma and Ba 2015).
 */
export function adam(pc: usize): void {
  const parameters = load<u32>(pc, 4)
  const gradients = load<u32>(pc, 8)
  const mean = load<u32>(pc, 12)
  const variance = load<u32>(pc, 16)
  const settings = load<u32>(pc, 20)
  const bytes = load<u32>(pc, 24) << 2
  const beta1 = load<f64>(settings, 8)
  const beta2 = load<f64>(settings, 16)
  const power1 = load<f64>(settings, 32) * beta1
  const power2 = load<f64>(settings, 40) * beta2
  store<f64>(settings, power1, 32)
  store<f64>(settings, power2, 40)
  const rate = f32x4.splat(<f32>(load<f64>(settings) / (1 - power1)))
  const correction = f32x4.splat(<f32>(1 / (1 - power2)))
  const epsilon = f32x4.splat(<f32>load<f64>(settings, 24))
  const keep1 = f32x4.splat(<f32>beta1)
  const keep2 = f32x4.splat(<f32>beta2)
  const take1 = f32x4.splat(<f32>(1 - beta1))
  const take2 = f32x4.splat(<f32>(1 - beta2))
  for (let i: u32 = 0; i < bytes; i += 16) {
    const g = v128.load(gradients + i)
    const m = f32x4.add(f32x4.mul(keep1, v128.load(mean + i)), f32x4.mul(take1, g))
    const v = f32x4.add(f32x4.mul(keep2, v128.load(variance + i)), f32x4.mul(take2, f32x4.mul(g, g)))
    v128.store(mean + i, m)
    v128.store(variance + i, v)
    const scale = f32x4.add(f32x4.sqrt(f32x4.mul(v, correction)), epsilon)
    const step = f32x4.div(f32x4.mul(rate, m), scale)
    v128.store(parameters + i, f32x4.sub(v128.load(parameters + i), step))
  }
}

/** Operands: out, table, order, cursor, rows, columns. */
export function gatherRows(pc: usize): void {
  let out = load<u32>(pc, 4)
  const table = load<u32>(pc, 8)
  let at = load<u32>(pc, 12) + (load<u32>(load<u32>(pc, 16)) << 2)
  const rows = load<u32>(pc, 20)
  const bytes = load<u32>(pc, 24) << 2
  for (let row: u32 = 0; row < rows; row++) {
    memory.copy(out, table + load<u32>(at) * bytes, bytes)
    out += bytes
    at += 4
  }
}

/** Operands: cursor (position, length), rows. */
export function nextBatch(pc: usize): void {
  const cursor = load<u32>(pc, 4)
  const next = load<u32>(cursor) + load<u32>(pc, 8)
  store<u32>(cursor, next == load<u32>(cursor, 4) ? 0 : next)
}

/** Operands: value, history, status (steps done); returns whether the value is finite. */
export function record(pc: usize): bool {
  const value = load<f32>(load<u32>(pc, 4))
  const status = load<u32>(pc, 12)
  const steps = load<u32>(status)
  store<f32>(load<u32>(pc, 8) + (steps << 2), value)
  store<u32>(status, steps + 1)
  return value - value == 0
}
