// Evaluates tensors on the kernel, by a program that runs once.
import { type Block, getKernel } from '@bp/kernel'
import { ValueError } from '../checks/errors.js'
import type { Given } from '../graph/evaluate.js'
import { Constant, describeNode, type Tensor, Variable } from '../graph/tensor.js'
import { plan } from './plan.js'
import { Program } from './program.js'

// Programs that run once share one block of memory: they are many, and garbage collection would be late.
let scratch: Block | undefined

function scratchBlock(bytes: number): Block {
  if (!scratch || scratch.bytes < bytes) scratch = getKernel().allocate(bytes * 2)
  return scratch
}

export function evaluateOnKernel(tensors: readonly Tensor[], given: Given): Float32Array[] {
  const { instructions, outputs, leaves } = plan(tensors, (tensor) => given.has(tensor))
  const program = new Program({ instructions, placed: new Map(), leaves, kept: outputs }, scratchBlock)
  for (const [leaf, buffer] of leaves) {
    if (leaf instanceof Constant) continue
    const values = given.get(leaf) ?? (leaf instanceof Variable ? leaf.values : undefined)
    if (!values)
      throw new ValueError(
        `${describeNode(leaf)} has no values; compile the function and pass them at each call`,
      )
    program.floats(buffer).set(values)
  }
  program.run(1)
  return outputs.map((buffer) => program.floats(buffer).slice())
}
