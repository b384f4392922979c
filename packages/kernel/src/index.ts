// The one door to the WebAssembly kernel: finds, compiles and starts it, and hands out its memory.
import { binary } from './binary.js'
import { allocate, type Block } from './memory.js'

export { encode, instructions } from './instructions.js'
export { Activation, type Opcode } from './opcodes.js'
export type { Block }

interface Exports {
  readonly memory: WebAssembly.Memory
  run(program: number, times: number): number
}

/** The running kernel. There is one, over one linear memory, started at the first use. */
export interface Kernel {
  /**
   * Runs a program that starts at an address, up to `times` times, in one call. Returns 0, or the address of the
   * instruction that stopped it.
   */
  run(program: number, times: number): number
  /** Reserves bytes at a multiple of 16; they are free again once the block is garbage. */
  allocate(bytes: number): Block
  /** Bytes of linear memory. */
  readonly size: number
}

let kernel: Kernel | undefined

/** Starts the kernel at the first call; without waiting, since it is small and inlined. */
export function getKernel(): Kernel {
  kernel ??= start()
  return kernel
}

function start(): Kernel {
  const bytes = new Uint8Array(binary.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(binary.slice(2 * i, 2 * i + 2), 16)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  const { memory, run } = exports as unknown as Exports
  return {
    run,
    allocate: (size) => allocate(memory, size),
    get size() {
      return memory.buffer.byteLength
    },
  }
}
