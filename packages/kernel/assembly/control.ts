// Instructions that run others: block by block, and in parallel on several threads.
import { run } from './interpreter'
import { Blocks, Opcode, Parallel } from './opcodes'
import {
  beginParallel, endParallel, first, isAlone, isFirst, last, scratch, worthSplitting,
} from './threads'

/** Address of the instruction behind one. */
// @ts-ignore: decorator
@inline
export function following(instruction: usize): usize {
  return instruction + ((load<u32>(instruction) >>> 16) << 2)
}

/** Address behind a list: how many entries it has, then the entries. */
// @ts-ignore: decorator
@inline
function behind(list: usize, bytesOfEntry: u32): usize {
  return list + 4 + load<u32>(list) * bytesOfEntry
}

export function blocks(pc: usize, size: u32, bytes: u32): void {
  const whole = bytes >> 2
  const count = (size + whole - 1) / whole
  const tail = size - (count - 1) * whole
  const moving = pc + Blocks.layout + 4
  const sizes = behind(pc + Blocks.layout, 4) + 4
  const program = behind(sizes - 4, 4)
  for (let block: u32 = 0; block < count; block++) {
    if (block == count - 1)
      for (let at = sizes; at < program; at += 4) store<u32>(program + (load<u32>(at) << 2), tail)
    run(program, 1)
    move(moving, sizes - 4, program, bytes)
  }
  // The program is left as it was found.
  move(moving, sizes - 4, program, -(bytes * count))
  for (let at = sizes; at < program; at += 4) store<u32>(program + (load<u32>(at) << 2), whole)
}

/** Adds to the words of a program that are listed from one address up to another. */
function move(from: usize, to: usize, program: usize, bytes: u32): void {
  for (; from < to; from += 4) {
    const word = program + (load<u32>(from) << 2)
    store<u32>(word, load<u32>(word) + bytes)
  }
}

/** Where this thread copies what it runs a part of. */
let copyAt: usize = 0
/** Whether the part of any thread met what stops the program. */
const stopped: usize = memory.data(4, 4)

export function placeCopies(address: usize): void {
  copyAt = address
}

/** Runs an instruction from a copy, which its thread may change. */
export function runCopy(instruction: usize): void {
  const bytes: usize = following(instruction) - instruction
  memory.copy(copyAt, instruction, bytes)
  store<u32>(copyAt + bytes, Opcode.End)
  if (run(copyAt, 1) != 0) store<u32>(stopped, 1)
}

/**
 * Returns the address to continue at: that of the inner instruction, prepared for this thread's range, or that of the next
 * instruction if this thread has nothing left to do; the former plus 1 if it stops the program.
 */
export function parallel(pc: usize): usize {
  const moves = pc + Parallel.layout + 4
  const places = behind(pc + Parallel.layout, 8) + 4
  const inner = behind(places - 4, 8)
  if (isAlone()) return inner
  if (beginParallel(pc, worthSplitting)) {
    runCopy(pc)
    endParallel()
    if (load<u32>(stopped) == 0) return following(pc)
    store<u32>(stopped, 0)
    return inner + 1
  }
  const count = load<u32>(pc, Parallel.count)
  const unit = load<u32>(pc, Parallel.unit)
  const start = first(count, unit)
  const items = last(count, unit) - start
  if (items == 0) return following(pc)
  store<u32>(inner + (load<u32>(pc, Parallel.countAt) << 2), items * load<u32>(pc, Parallel.times))
  for (let at = moves; at < places - 4; at += 8) {
    const word = inner + (load<u32>(at) << 2)
    store<u32>(word, load<u32>(word) + start * load<u32>(at, 4))
  }
  // The first thread has the memory that is the program's.
  if (!isFirst())
    for (let at = places; at < inner; at += 8) store<u32>(inner + (load<u32>(at) << 2), scratch() + load<u32>(at, 4))
  return inner
}
