// What the module exports: running a program, and what threads are told. Its loops are in the other files, those of an
// instruction under its name; interpreter.mjs writes the interpreter that calls them.
import { convolutionBytes, moveTiles } from './convolution'
import { placeCopies } from './control'
import { matmulBytes, movePanels } from './matmul'
import { drawnBytes, moveDrawn } from './random'
import { enterThreads } from './threads'

export { runCopy } from './control'
export { run } from './interpreter'
export { placeScratch } from './threads'

/** Bytes that a thread needs beside its copies of instructions: what the first has in static memory. */
export const panelBytes: usize = matmulBytes + convolutionBytes + drawnBytes

/**
 * Says how many threads share work, which of them this is (0 runs the programs), and where its copies of instructions
 * and its panels may lie.
 */
export function joinThreads(count: u32, part: u32, copy: usize, panels: usize): void {
  enterThreads(count, part)
  placeCopies(copy)
  if (part == 0) return
  movePanels(panels)
  moveTiles(panels + matmulBytes)
  moveDrawn(panels + matmulBytes + convolutionBytes)
}
