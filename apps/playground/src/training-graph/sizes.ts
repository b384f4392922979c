// Sizes of nodes, in pixels, for the layout. They depend on names and shapes, never on values, so that nothing moves while
// numbers change.
import type { Attached, NodeSize, SeenNode } from '@bp/lab'

/** Heights of the lines in a node: its name, a number, a name in it. */
const nameLine = 20
const numberLine = 17
const referenceLine = 16
const padding = 5
/** Height of a variable that stands above its operation, and of the line between them. */
export const variableHeight = nameLine + 2 * numberLine + 2 * padding - 3
export const stem = 12

const narrowest = 70
const widest = 118

/** A long name is broken before a capital letter: `Sigmoid`, `Cross`, `Entropy`, `Grad`. */
export function linesOf(label: string): string[] {
  const lines: string[] = []
  for (const word of label.split(/(?<=[a-z\d])(?=[A-Z])/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length <= 12) lines[lines.length - 1] = last + word
    else lines.push(word)
  }
  return lines.slice(0, 3)
}

export const inside = ({ attached }: SeenNode): readonly Attached[] =>
  attached.filter(({ kind }) => kind !== 'variable')
export const above = ({ attached }: SeenNode): readonly Attached[] =>
  attached.filter(({ kind }) => kind === 'variable')

export function sizeOf(node: SeenNode): NodeSize {
  if (node.kind !== 'operation')
    return { width: Math.min(150, Math.max(96, node.label.length * 7.5 + 26)), height: 58, above: 0 }
  const lines = linesOf(node.label)
  const names = inside(node)
  const width = Math.max(
    narrowest,
    Math.min(
      widest,
      Math.max(
        ...lines.map((line) => line.length * 7.6 + 16),
        ...names.map(({ label }) => label.length * 6 + 14),
      ),
    ),
  )
  const numbers = node.part === 'forward' ? 2 : 1
  const own =
    lines.length * (nameLine - 3) + 3 + numbers * numberLine + names.length * referenceLine + 2 * padding - 3
  const variables = above(node).length * (variableHeight + stem)
  return { width, height: own + variables, above: variables }
}
