// Measures the time of each instruction of a program, beside the peak of the machine.
import { type Block, encode, getKernel } from '@bp/kernel'
import { costOf } from './cost.js'
import type { Instruction } from './instruction.js'

/** One instruction of a step. */
export interface ProfileLine {
  readonly instruction: string
  /** Names of the graph's nodes that it computes. */
  readonly nodes: readonly string[]
  readonly microseconds: number
  /** Fraction of the time of all instructions. */
  readonly share: number
  /** Multiplications and additions of products; of everything else one for each number read or written. */
  readonly operations: number
  /** Bytes read and written, each array once. */
  readonly bytes: number
}

/** Where a step spends its time. */
export interface Profile {
  readonly lines: readonly ProfileLine[]
  /** One whole step, in µs. The lines add up to a little less or more: alone, each finds its arrays in the cache. */
  readonly microseconds: number
  /** Peak of independent multiplications and additions on one core of this machine, in 10⁹ a second. */
  readonly peak: number
}

/** Most repetitions between two readings of the clock: a step's record has room for more. */
const mostTimes = 4096

/** Runs a program repeatedly for some ms; returns the shortest time of one run, in µs. */
function timeProgram(address: number, milliseconds: number, begin: () => void = () => {}): number {
  const { run } = getKernel()
  let times = 1
  let best = Number.POSITIVE_INFINITY
  const end = performance.now() + milliseconds
  do {
    begin()
    const start = performance.now()
    run(address, times)
    const elapsed = performance.now() - start
    if (elapsed > 0) best = Math.min(best, (1000 * elapsed) / times)
    // Long enough for a coarse clock.
    if (elapsed < 1) times = Math.min(2 * times, mostTimes)
  } while (performance.now() < end)
  return best
}

/**
 * Times every instruction by itself. `wordsOf` gives the words of one in memory, `whole` is the address of the program;
 * `begin` resets what running an instruction too often would overflow.
 */
export function profileProgram(
  instructions: readonly Instruction[],
  wordsOf: (index: number) => Int32Array,
  whole: number,
  begin: () => void,
): Profile {
  const times = instructions.map((_, index) => {
    const words = [...wordsOf(index), ...encode('End', {})]
    const block: Block = getKernel().allocate(4 * words.length)
    block.words(0, words.length).set(words)
    return timeProgram(block.address, 20, begin)
  })
  const total = times.reduce((sum, time) => sum + time, 0)
  return {
    lines: instructions.map((instruction, index) => ({
      instruction: instruction.opcode,
      nodes: instruction.nodes.map((node) => node.name || node.op?.name || ''),
      microseconds: times[index]!,
      share: times[index]! / total,
      ...costOf(instruction),
    })),
    microseconds: timeProgram(whole, 100, begin),
    peak: measurePeak(),
  }
}

/** Multiplications and additions a second that the engine reaches without stalls, in 10⁹. */
export function measurePeak(): number {
  const rounds = 10_000
  const out = getKernel().allocate(16)
  const words = [...encode('MultiplyAdds', { out: out.address, times: rounds }), ...encode('End', {})]
  const block = getKernel().allocate(4 * words.length)
  block.words(0, words.length).set(words)
  // Twelve vectors of four numbers, each multiplied and added to.
  return (rounds * 96) / timeProgram(block.address, 50) / 1000
}
