// A thread of the kernel: waits for instructions and runs its part of each. The build bundles it into one file without
// imports, `dist/worker.js`, and the same as text, `src/worker-text.ts`.
import { Control, greeting, instantiate, type Start } from './instance.js'

/** How often to poll for the next instruction before going to sleep: some 20 µs, which is what waking up takes. */
const patience = 4000

interface Port {
  postMessage(message: string): void
  onmessage: ((event: { data: Start }) => void) | null
}
interface Surroundings {
  readonly process?: { getBuiltinModule?(name: 'node:worker_threads'): { parentPort: Port | null } }
}

const { process } = globalThis as unknown as Surroundings
const port = process?.getBuiltinModule?.('node:worker_threads').parentPort ?? (globalThis as unknown as Port)
port.onmessage = ({ data }) => {
  port.onmessage = null
  serve(data)
}
// A bundler's wrapper may load this late; a message posted to a worker before it listens is lost.
port.postMessage(greeting)

function serve({ module, memory, count, part, control: address, copy, panels }: Start): void {
  const kernel = instantiate(module, memory, { fork() {}, join() {} })
  kernel.joinThreads(count, part, copy, panels)
  const control = new Int32Array(memory.buffer, address, Control.size)
  let turn = 0
  port.postMessage('ready')
  while (true) {
    let looks = 0
    while (Atomics.load(control, Control.turn) === turn)
      if (looks++ === patience) {
        Atomics.add(control, Control.asleep, 1)
        Atomics.wait(control, Control.turn, turn)
        Atomics.sub(control, Control.asleep, 1)
      }
    turn = Atomics.load(control, Control.turn)
    const instruction = control[Control.instruction]!
    if (instruction === 0) return
    kernel.runCopy(instruction)
    Atomics.sub(control, Control.pending, 1)
  }
}
