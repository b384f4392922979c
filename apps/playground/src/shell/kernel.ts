// The kernel, compiled while it is loaded. Only workers compute with it, so only they load it.
import { useKernelModule } from '@bp/core/lean'
import address from '@bp/kernel/kernel.wasm?url'

/** Loads the kernel; call it before anything is computed. */
export async function loadKernel(): Promise<void> {
  // Servers that do not know what .wasm is send another type, which is refused while streaming.
  const module = await WebAssembly.compileStreaming(fetch(address)).catch(async () =>
    WebAssembly.compile(await (await fetch(address)).arrayBuffer()),
  )
  useKernelModule(module)
}
