// The public API: what both apps use.
export { expandComposite } from './composite.js'
export { decisionGrid } from './decision-grid.js'
export { operand } from './describe.js'
export { formatNumber } from './format-number.js'
export {
  type Layout,
  type LayoutEdge,
  type LayoutNode,
  type LayoutOptions,
  layout,
  type Point,
} from './layout.js'
export { listed } from './listed.js'
export { type Nudge, nudge } from './nudge.js'
export { formatNumbers, type Numbers } from './numbers.js'
export { isOver, Pacer } from './pacer.js'
export { createStore, type Store } from './store.js'
export { decades, niceStep, ticks } from './ticks.js'
export { type Trace, type TraceEdge, type TraceNode, type TraceStep, trace } from './trace.js'
export { type TraceView, viewAt } from './view.js'
export { type Prediction, predictXor, xorSettings } from './xor.js'
