// What units and weights are called, the same in the picture of the network, in "look inside" and in exported code.
import { inputsOf, type NetworkDocument } from './document.js'

// One letter for each layer. x are the inputs and y the outputs, t the target, z sums; e is a constant of its own.
const unitLetters = ['h', 'k', 'm', 'n', 'H', 'K', 'M', 'N']
const weightLetters = ['w', 'v', 'u', 's', 'r', 'q', 'p', 'o', 'W']
const biasLetters = ['b', 'c', 'd', 'f', 'g', 'i', 'j', 'l', 'B']

/** Layers that have letters. */
export const mostNamedLayers = weightLetters.length

/** Units of every layer, the inputs first. */
export function layerSizes(document: Pick<NetworkDocument, 'data' | 'layers'>, classes: number): number[] {
  return [inputsOf(document), ...document.layers.map(({ units }) => units), classes === 2 ? 1 : classes]
}

/** Index digits that cannot be misread: `12` for 1 and 2, `1_12` for 1 and 12. */
const indices = (...numbers: readonly number[]) =>
  numbers.map((number) => number + 1).join(numbers.some((number) => number > 8) ? '_' : '')

/** The name of a unit: `x1`, `h2`, and `y` or `y3` for outputs. `layer` 0 is the inputs. */
export function unitName(sizes: readonly number[], layer: number, unit: number): string {
  if (layer === 0) return `x${indices(unit)}`
  if (layer === sizes.length - 1) return sizes[layer] === 1 ? 'y' : `y${indices(unit)}`
  return `${unitLetters[layer - 1]}${indices(unit)}`
}

/** The name of a weight, `w21` from x2 to h1, or of a bias with `from` −1; of a single output `v2` and `c`. */
export function weightName(sizes: readonly number[], layer: number, from: number, to: number): string {
  const alone = sizes[layer + 1] === 1
  if (from < 0) return alone ? biasLetters[layer]! : `${biasLetters[layer]}${indices(to)}`
  return `${weightLetters[layer]}${alone ? indices(from) : indices(from, to)}`
}

/** The letters of a layer's weights and biases; of layers beyond those that have letters with a number, `w10`. */
export const layerLetters = (layer: number) => ({
  weights: weightLetters[layer] ?? `w${layer + 1}`,
  biases: biasLetters[layer] ?? `b${layer + 1}`,
  units: unitLetters[layer] ?? `h${layer + 1}`,
})

const subscripts = '₀₁₂₃₄₅₆₇₈₉'

/** `w21` as it is drawn: `w₂₁`. */
export function withSubscripts(name: string): string {
  return name.replace(/(?<=[a-zA-Z])[\d_]+/, (digits) =>
    digits.replace(/\d/g, (digit) => subscripts[Number(digit)]!).replace(/_/g, '‚'),
  )
}
