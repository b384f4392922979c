// Every example runs, and prints what it should.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** The lines an example prints. */
function run(name: string, ...args: string[]): string[] {
  const file = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout.trimEnd().split('\n')
}

const lastNumber = (line: string | undefined) => Number(/([\d.]+)\D*$/.exec(line ?? '')?.[1])

test('the lecture: f = −7, its derivatives 5, −2 and 1, what nudges do, and the sigmoid at 0 and −7', () => {
  expect(run('lecture')).toEqual([
    'g = w·x = -10, f = g + b = -7',
    '∂f/∂w = 5, ∂f/∂x = -2, ∂f/∂b = 1',
    'w + 1 changes f by 5',
    'x + 1 changes f by -2',
    'b + 1 changes f by 1',
    'σ(0) = 0.5, σ′(0) = 0.25',
    'σ(−7) = 0.000911051, σ′(−7) = 0.000910221',
  ])
})

test('XOR: all four right with a hidden layer, and ln 2 without', () => {
  const lines = run('xor')
  expect(lines[0]).toMatch(/^with two hidden units: loss 0\.0[0-4]\d*, 4 of 4 right$/)
  expect(lastNumber(lines.at(-1)!.split(';')[0])).toBeCloseTo(Math.LN2, 5)
})

test('standalone: it prints a module that computes XOR', async () => {
  const text = run('standalone').join('\n')
  const { predict } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`)
  const answers = [0, 1, 2, 3].map((index) => Math.round(predict([index >> 1, index & 1])[0]))
  expect(answers).toEqual([0, 1, 1, 0])
})

test('the Hessian leads Newton’s method to the minimum of Rosenbrock’s function', () => {
  const lines = run('hessian')
  // By hand: ∇f = (−2(1−x) − 400x(y−x²), 200(y−x²)); ∂²f/∂x² = 2 − 400(y − 3x²) = 1330 at (−1.2, 1).
  expect(lines[0]).toBe('at (−1.2, 1): gradient [-215.6, -88], Hessian [1330, 480, 480, 200]')
  expect(Number(lines.at(-1)!.split(' = ')[1])).toBeLessThan(1e-18)
})

test('a custom operation: rounding passes gradients through, and a wrong rule is caught', () => {
  expect(run('custom-op')).toEqual([
    'rounded: 0, 2, -2',
    'derivative of the sum of squares: 0, 4, -4',
    'derivative of z³ as 3z²: correct',
    'derivative of z³ as 2z²: wrong',
  ])
})

test('digits, one hidden layer: at least 97 % on the validation fifth', () => {
  expect(lastNumber(run('digits-mlp').at(-1))).toBeGreaterThanOrEqual(97)
})

test('digits, convolutional: at least 98 % on the validation fifth', () => {
  expect(lastNumber(run('digits-cnn').at(-1))).toBeGreaterThanOrEqual(98)
})

test('the transformer’s loss falls below 2 nats per character in one epoch', () => {
  expect(lastNumber(run('transformer', '1').find((line) => line.startsWith('loss')))).toBeLessThan(2)
})
