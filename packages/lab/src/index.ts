// The public API: what both apps use.

export { type Account, accountOf, type Reason } from './descent/account.js'
export {
  type Bowl,
  BowlError,
  type BowlProblem,
  compileBowl,
  compilingBowl,
  type DataPoints,
  type Local,
  type Position,
  type Quadratic,
} from './descent/bowl.js'
export { type Curvature, curvatureOf, type Stationary, stationary } from './descent/curvature.js'
export { type Along, type Curve, curveOf } from './descent/curve.js'
export { type Descent, descend, type End, optimizerOf, type Path, type Step } from './descent/descend.js'
export { type DescentDocument, descentCodec, longestPath, mostPoints, tilts } from './descent/document.js'
export { frameOf, including, panned, type Range, square, zoomed } from './descent/frame.js'
export { bottomNear, type Lowest, lowestOf, type Steepest, steepestOf } from './descent/lowest.js'
export { type Grid, gridOf, type Loop, levelsOf, loopsBelow } from './descent/map.js'
export { type BowlName, bowlNames, lecturePoints, type Preset, presets } from './descent/presets.js'
export {
  type Racer,
  type Rule,
  racer,
  rules,
  type Setting,
  settingsOf,
} from './descent/racers.js'
export { type Regime, type Regimes, regimeAt, regimes } from './descent/regime.js'
export {
  type Heights,
  heightsOf,
  type Patch,
  type Project,
  patchesOf,
  projection,
  type ViewFrom,
} from './descent/surface.js'
export { formatCount, formatNumber } from './format-number.js'
export { type PartialSum, type StepAccount, writeAccount } from './graph/account.js'
export { withCell, withValue } from './graph/assign.js'
export {
  type Cell,
  type CellOrigin,
  cellsOf,
  cellsOfPart,
  cellsOfValue,
  writeCellSum,
} from './graph/cells.js'
export {
  type CodeLine,
  pytorchLines,
  toJson,
  toPyTorch,
  toTypeScript,
  typescriptLines,
} from './graph/code.js'
export { expandComposite, type OpenedComposite, type OpenedGraph, openComposites } from './graph/composite.js'
export { derivationLines, toDerivation } from './graph/derivation.js'
export { operand } from './graph/describe.js'
export { type GraphDocument, type GraphTab, graphCodec, graphTabs, initialGraph } from './graph/document.js'
export { editsAt, type GraphEdit } from './graph/edit.js'
export { type Formula, type Mark, type Source, writeFormula } from './graph/formula.js'
export {
  type Box,
  type Layout,
  type LayoutComposite,
  type LayoutEdge,
  type LayoutGraph,
  type LayoutNode,
  type LayoutOptions,
  layout,
  type Point,
  type Size,
} from './graph/layout.js'
export { boundsOf, type MovedNodes, moveNodes } from './graph/move.js'
export { type Neighbourhood, neighbourhoodOf } from './graph/neighbourhood.js'
export {
  type CurveOptions,
  type CurvePoint,
  checkDerivative,
  curve,
  type DerivativeCheck,
  type Nudge,
  nudge,
} from './graph/nudge.js'
export { formatNumbers, type Numbers } from './graph/numbers.js'
export {
  type GraphPicture,
  type GraphVariable,
  openGraph,
  type SourceProblem,
} from './graph/open.js'
export { type OutlineRow, outlineOf } from './graph/outline.js'
export type { ProblemReason, TraceProblem } from './graph/problems.js'
export { type Relation, type RelationKind, relations } from './graph/relation.js'
export {
  type ChainFactor,
  countSweeps,
  nextBreak,
  nextPhase,
  type Overwritten,
  type Sweeps,
  stepOf,
  type Trace,
  type TraceComposite,
  type TraceEdge,
  type TraceNode,
  type TraceOptions,
  type TraceStep,
  trace,
} from './graph/trace.js'
export { type TraceView, viewAt } from './graph/view.js'
export { nodesAt, spansOf } from './graph/written.js'
export { type Address, readAddress, writeAddress } from './link/address.js'
export { type Codec, choiceField, LinkError, numberField } from './link/codec.js'
export { listed } from './listed.js'
export { trainingToPyTorch, trainingToTypeScript } from './network/code.js'
export { type MapRange, type NetworkData, networkData } from './network/data.js'
export { decisionGrid } from './network/decision-grid.js'
export {
  countsOf,
  type DrawnDigit,
  digitClasses,
  digitSide,
  paperSide,
  provideDigits,
  readPixels,
  type Stroke,
  writePixels,
} from './network/digits.js'
export {
  activationNames,
  dataKinds,
  differencesOf,
  type Freeze,
  type HiddenLayer,
  initializations,
  initialNetwork,
  type LabelledPoint,
  limits,
  lossKinds,
  type NetworkDocument,
  type NetworkTab,
  networkCodec,
  networkTabs,
  optimizerKinds,
  readNetworkField,
  type WeightEdit,
  withNetworkField,
} from './network/document.js'
export { type Histogram, type HistogramSample, histogram } from './network/histogram.js'
export { figureBins, type LayerFigures, layerFigures, mostFigureRows } from './network/layer-figures.js'
export {
  type InsideStep,
  insideRow,
  lookInside,
  mostNumbersInside,
  type NetworkLayer,
  type NetworkRow,
} from './network/look-inside.js'
export { lossTable, smoothed } from './network/loss-lines.js'
export { layerSizes, unitName, weightName, withSubscripts } from './network/names.js'
export { normOf } from './network/norm.js'
export { PointsError, type PointsTable, parsePoints } from './network/points.js'
export { canFreeze, createNetworkRun, type NetworkRun } from './network/run.js'
export { type SubStep, type SubStepLayer, type SubSteps, subSteps, subStepsOf } from './network/sub-steps.js'
export { type SeedTrial, trySeeds, type Verdict, verdict } from './network/verdict.js'
export {
  type LayerView,
  type LossRecord,
  type NetworkView,
  networkView,
  type RowView,
} from './network/view.js'
export { type Prediction, predictXor, xorSettings } from './network/xor.js'
export { isOver, Pacer } from './pacer.js'
export { goOn, type Slices, whole } from './slices.js'
export { createStore, type Store } from './store.js'
export { decades, niceStep, ticks } from './ticks.js'
export {
  type NodeSize,
  type PlacedEdge,
  type PlacedGraph,
  type PlacedNode,
  placeGraph,
} from './training-graph/arrange.js'
export {
  type GraphFile,
  type HistogramCurve,
  initialTrainingGraph,
  type ScalarCurve,
  type TrainingGraphDocument,
  type TrainingGraphTab,
  trainingGraphCodec,
  trainingGraphTabs,
} from './training-graph/document.js'
export { writeEvents } from './training-graph/export.js'
export { openGraphFile } from './training-graph/file.js'
export { type ModelStep, operationsOfModel } from './training-graph/of-model.js'
export {
  type ArrayNumbers,
  type Fused,
  type Instruction,
  NetworkOperations,
  type OperationNumbers,
  type StepNumbers,
} from './training-graph/of-network.js'
export {
  type Operation,
  type Operations,
  operationsOf,
  ownName,
  scopesOf,
  search,
  writeShape,
} from './training-graph/operations.js'
export { type ScopeRow, scopeOutline } from './training-graph/outline.js'
export { type Attached, isRun, type Seen, type SeenNode, seen } from './training-graph/scopes.js'
