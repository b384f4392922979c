// The public API: what both apps use.

export { formatNumber } from './format-number.js'
export { expandComposite } from './graph/composite.js'
export { operand } from './graph/describe.js'
export { type GraphDocument, type GraphTab, graphCodec, graphTabs, initialGraph } from './graph/document.js'
export {
  type Layout,
  type LayoutEdge,
  type LayoutNode,
  type LayoutOptions,
  layout,
  type Point,
} from './graph/layout.js'
export { type Nudge, nudge } from './graph/nudge.js'
export { formatNumbers, type Numbers } from './graph/numbers.js'
export { type Trace, type TraceEdge, type TraceNode, type TraceStep, trace } from './graph/trace.js'
export { type TraceView, viewAt } from './graph/view.js'
export { type Address, readAddress, writeAddress } from './link/address.js'
export { type Codec, choiceField, LinkError, numberField } from './link/codec.js'
export { listed } from './listed.js'
export { decisionGrid } from './network/decision-grid.js'
export { type Prediction, predictXor, xorSettings } from './network/xor.js'
export { isOver, Pacer } from './pacer.js'
export { createStore, type Store } from './store.js'
export { decades, niceStep, ticks } from './ticks.js'
