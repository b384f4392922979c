// The interpreter: reads a program out of memory and runs it, one or many times, in one call.
//
// A program is a row of 32-bit words: a head, its operands, the next head, and so on to `End`. A head is an opcode
// and, in its upper half, the number of words from it to the next. Every address is resolved. Each handler is a function of its own, so the engine optimises its loop alone.
import { Opcode } from '../src/opcodes'
import { attention, attentionGrad } from './attention'
import { batchedMatmul } from './batches'
import {
  convolution, convolutionBytes, convolutionInputGrad, convolutionWeightGrad, depthwise, depthwiseInputGrad,
  depthwiseWeightGrad, moveTiles,
} from './convolution'
import { copy, fill } from './copy'
import { binary, passBack, ternary, unary, sigmoidCrossEntropyMean, withSlope } from './elementwise'
import { gather, oneHot, scatterAdd } from './indices'
import { matmul, matmulBytes, matmulSmall, matmulTile, movePanels } from './matmul'
import {
  batchNorm,
  batchNormGammaGrad,
  batchNormGrad,
  channelVariance,
  normalizeRows,
  normalizeRowsGammaGrad,
  normalizeRowsGrad,
} from './normalization'
import { adadelta, adagrad, adam, adamax, lion, momentum, nadam, rmsProp, sgd } from './optimizers'
import { drawnBytes, dropout, moveDrawn, randomNormal, randomPermutation, randomUniform } from './random'
import { averagePool, averagePoolGrad, maxPool, maxPoolGrad, maxPoolPick } from './pooling'
import { multiplyAdds } from './peak'
import { argMax, cumulativeSum, divideSums, norm, productOfOthers, reduce, variance } from './rows'
import {
  logSoftmax,
  logSoftmaxGrad,
  softmax,
  softmaxCrossEntropy,
  softmaxGrad,
  sparseSoftmaxCrossEntropy,
} from './softmax'
import {
  accumulate,
  average,
  clipByNorm,
  clipByValue,
  gatherRows,
  nextBatch,
  nextKey,
  nextRate,
  record,
  skipped,
  squaredNorm,
  updateEvery,
  watch,
} from './training'
import {
  beginSharing, endSharing, enterThreads, first, isAlone, isFirst, last, scratch, worthSharing,
} from './threads'

export { placeScratch } from './threads'

function neg(pc: usize): void {
  unary(Opcode.Neg, pc)
}
function abs(pc: usize): void {
  unary(Opcode.Abs, pc)
}
function sign(pc: usize): void {
  unary(Opcode.Sign, pc)
}
function square(pc: usize): void {
  unary(Opcode.Square, pc)
}
function sqrt(pc: usize): void {
  unary(Opcode.Sqrt, pc)
}
function reciprocal(pc: usize): void {
  unary(Opcode.Reciprocal, pc)
}
function exp(pc: usize): void {
  unary(Opcode.Exp, pc)
}
function log(pc: usize): void {
  unary(Opcode.Log, pc)
}
function log1p(pc: usize): void {
  unary(Opcode.Log1p, pc)
}
function tanh(pc: usize): void {
  unary(Opcode.Tanh, pc)
}
function sigmoid(pc: usize): void {
  unary(Opcode.Sigmoid, pc)
}
function relu(pc: usize): void {
  unary(Opcode.Relu, pc)
}
function softplus(pc: usize): void {
  unary(Opcode.Softplus, pc)
}
function rsqrt(pc: usize): void {
  unary(Opcode.Rsqrt, pc)
}
function expm1(pc: usize): void {
  unary(Opcode.Expm1, pc)
}
function sin(pc: usize): void {
  unary(Opcode.Sin, pc)
}
function cos(pc: usize): void {
  unary(Opcode.Cos, pc)
}
function erf(pc: usize): void {
  unary(Opcode.Erf, pc)
}
function gelu(pc: usize): void {
  unary(Opcode.Gelu, pc)
}
function geluTanh(pc: usize): void {
  unary(Opcode.GeluTanh, pc)
}
function silu(pc: usize): void {
  unary(Opcode.Silu, pc)
}
function mish(pc: usize): void {
  unary(Opcode.Mish, pc)
}
function hardSigmoid(pc: usize): void {
  unary(Opcode.HardSigmoid, pc)
}
function hardSwish(pc: usize): void {
  unary(Opcode.HardSwish, pc)
}
function floor(pc: usize): void {
  unary(Opcode.Floor, pc)
}
function ceil(pc: usize): void {
  unary(Opcode.Ceil, pc)
}
function round(pc: usize): void {
  unary(Opcode.Round, pc)
}
function leakyRelu(pc: usize): void {
  unary(Opcode.LeakyRelu, pc)
}
function elu(pc: usize): void {
  unary(Opcode.Elu, pc)
}
function clip(pc: usize): void {
  unary(Opcode.Clip, pc)
}
function add(pc: usize): void {
  binary(Opcode.Add, pc)
}
function sub(pc: usize): void {
  binary(Opcode.Sub, pc)
}
function mul(pc: usize): void {
  binary(Opcode.Mul, pc)
}
function div(pc: usize): void {
  binary(Opcode.Div, pc)
}
function pow(pc: usize): void {
  binary(Opcode.Pow, pc)
}
function maximum(pc: usize): void {
  binary(Opcode.Maximum, pc)
}
function minimum(pc: usize): void {
  binary(Opcode.Minimum, pc)
}
function less(pc: usize): void {
  binary(Opcode.Less, pc)
}
function greaterEqual(pc: usize): void {
  binary(Opcode.GreaterEqual, pc)
}
function equal(pc: usize): void {
  binary(Opcode.Equal, pc)
}
function sigmoidGrad(pc: usize): void {
  binary(Opcode.SigmoidGrad, pc)
}
function tanhGrad(pc: usize): void {
  binary(Opcode.TanhGrad, pc)
}
function reluGrad(pc: usize): void {
  binary(Opcode.ReluGrad, pc)
}
function sigmoidCrossEntropy(pc: usize): void {
  binary(Opcode.SigmoidCrossEntropy, pc)
}
function atan2(pc: usize): void {
  binary(Opcode.Atan2, pc)
}
function mod(pc: usize): void {
  binary(Opcode.Mod, pc)
}
function notEqual(pc: usize): void {
  binary(Opcode.NotEqual, pc)
}
function logicalAnd(pc: usize): void {
  binary(Opcode.LogicalAnd, pc)
}
function logicalOr(pc: usize): void {
  binary(Opcode.LogicalOr, pc)
}
function logicalXor(pc: usize): void {
  binary(Opcode.LogicalXor, pc)
}
function geluGrad(pc: usize): void {
  passBack(Opcode.GeluGrad, pc)
}
function geluTanhGrad(pc: usize): void {
  passBack(Opcode.GeluTanhGrad, pc)
}
function geluSlope(pc: usize): void {
  withSlope(Opcode.GeluSlope, pc)
}
function geluTanhSlope(pc: usize): void {
  withSlope(Opcode.GeluTanhSlope, pc)
}
function siluGrad(pc: usize): void {
  passBack(Opcode.SiluGrad, pc)
}
function mishGrad(pc: usize): void {
  passBack(Opcode.MishGrad, pc)
}
function hardSwishGrad(pc: usize): void {
  binary(Opcode.HardSwishGrad, pc)
}
function leakyReluGrad(pc: usize): void {
  binary(Opcode.LeakyReluGrad, pc)
}
function eluGrad(pc: usize): void {
  binary(Opcode.EluGrad, pc)
}
function clipGrad(pc: usize): void {
  binary(Opcode.ClipGrad, pc)
}
function openClipGrad(pc: usize): void {
  binary(Opcode.OpenClipGrad, pc)
}
function where(pc: usize): void {
  ternary(Opcode.Where, pc)
}
function sigmoidCrossEntropyGrad(pc: usize): void {
  ternary(Opcode.SigmoidCrossEntropyGrad, pc)
}
function sumAlong(pc: usize): void {
  reduce(Opcode.Sum, pc)
}
function meanAlong(pc: usize): void {
  sumAlong(pc)
  divideSums(pc)
}
function maxAlong(pc: usize): void {
  reduce(Opcode.Max, pc)
}
function minAlong(pc: usize): void {
  reduce(Opcode.Min, pc)
}
function prodAlong(pc: usize): void {
  reduce(Opcode.Prod, pc)
}

/** Operands: size, bytes, layout; see instructions.ts. */
function blocks(pc: usize): void {
  const size = load<u32>(pc, 4)
  const bytes = load<u32>(pc, 8)
  const whole = bytes >> 2
  const count = (size + whole - 1) / whole
  const tail = size - (count - 1) * whole
  const moving = pc + 16
  const sizes = moving + (load<u32>(pc, 12) << 2) + 4
  const program = sizes + (load<u32>(sizes - 4) << 2)
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

/** Where this thread copies what it shares. */
let copyAt: usize = 0
/** Whether the part of any thread met what stops the program. */
const stopped: usize = memory.data(4, 4)

/** Runs an instruction from a copy, which its thread may change. */
export function runCopy(pc: usize): void {
  const bytes: usize = (load<u32>(pc) >>> 16) << 2
  memory.copy(copyAt, pc, bytes)
  store<u32>(copyAt + bytes, Opcode.End)
  if (run(copyAt, 1) != 0) store<u32>(stopped, 1)
}

/**
 * Operands: count, unit, countAt, times, layout; see instructions.ts. Returns the address of the instruction, made ready
 * to be run by this thread; 0 when there is nothing left to do; the address and 1 when it stops the program.
 */
function shared(pc: usize): usize {
  const moves = pc + 24
  const places = moves + (load<u32>(pc, 20) << 3) + 4
  const inner = places + (load<u32>(places - 4) << 3)
  if (isAlone()) return inner
  if (beginSharing(pc, worthSharing)) {
    runCopy(pc)
    endSharing()
    if (load<u32>(stopped) == 0) return 0
    store<u32>(stopped, 0)
    return inner + 1
  }
  const count = load<u32>(pc, 4)
  const unit = load<u32>(pc, 8)
  const start = first(count, unit)
  const things = last(count, unit) - start
  if (things == 0) return 0
  store<u32>(inner + (load<u32>(pc, 12) << 2), things * load<u32>(pc, 16))
  for (let at = moves; at < places - 4; at += 8) {
    const word = inner + (load<u32>(at) << 2)
    store<u32>(word, load<u32>(word) + start * load<u32>(at, 4))
  }
  // The first thread has the memory that is the program's.
  if (!isFirst())
    for (let at = places; at < inner; at += 8) store<u32>(inner + (load<u32>(at) << 2), scratch() + load<u32>(at, 4))
  return inner
}

/** Adds to the words of a program that are listed from one address up to another. */
function move(from: usize, to: usize, program: usize, bytes: u32): void {
  for (; from < to; from += 4) {
    const word = program + (load<u32>(from) << 2)
    store<u32>(word, load<u32>(word) + bytes)
  }
}

/**
 * Runs the program at `program` up to `times` times. Returns 0, or the address of the instruction that stopped it.
 * All times are one call: entering a function as large as this takes as long as a small product.
 */
export function run(program: usize, times: u32): usize {
  if (times == 0) return 0
  let pc = program
  while (true) {
    const head = load<u32>(pc)
    switch (head & 0xffff) {
      case Opcode.UpdateEvery:
        if (updateEvery(pc)) break
      // Without an update the step ends here.
      case Opcode.End:
        if (--times == 0) return 0
        pc = program
        continue
      case Opcode.Blocks:
        blocks(pc)
        break
      case Opcode.Shared: {
        const inner = shared(pc)
        if (inner == 0) break
        if (inner & 1) return inner - 1
        pc = inner
        continue
      }
      case Opcode.Neg:
        neg(pc)
        break
      case Opcode.Abs:
        abs(pc)
        break
      case Opcode.Sign:
        sign(pc)
        break
      case Opcode.Square:
        square(pc)
        break
      case Opcode.Sqrt:
        sqrt(pc)
        break
      case Opcode.Reciprocal:
        reciprocal(pc)
        break
      case Opcode.Exp:
        exp(pc)
        break
      case Opcode.Log:
        log(pc)
        break
      case Opcode.Log1p:
        log1p(pc)
        break
      case Opcode.Tanh:
        tanh(pc)
        break
      case Opcode.Sigmoid:
        sigmoid(pc)
        break
      case Opcode.Relu:
        relu(pc)
        break
      case Opcode.Softplus:
        softplus(pc)
        break
      case Opcode.Rsqrt:
        rsqrt(pc)
        break
      case Opcode.Expm1:
        expm1(pc)
        break
      case Opcode.Sin:
        sin(pc)
        break
      case Opcode.Cos:
        cos(pc)
        break
      case Opcode.Erf:
        erf(pc)
        break
      case Opcode.Gelu:
        gelu(pc)
        break
      case Opcode.GeluTanh:
        geluTanh(pc)
        break
      case Opcode.Silu:
        silu(pc)
        break
      case Opcode.Mish:
        mish(pc)
        break
      case Opcode.HardSigmoid:
        hardSigmoid(pc)
        break
      case Opcode.HardSwish:
        hardSwish(pc)
        break
      case Opcode.Floor:
        floor(pc)
        break
      case Opcode.Ceil:
        ceil(pc)
        break
      case Opcode.Round:
        round(pc)
        break
      case Opcode.LeakyRelu:
        leakyRelu(pc)
        break
      case Opcode.Elu:
        elu(pc)
        break
      case Opcode.Clip:
        clip(pc)
        break
      case Opcode.Add:
        add(pc)
        break
      case Opcode.Sub:
        sub(pc)
        break
      case Opcode.Mul:
        mul(pc)
        break
      case Opcode.Div:
        div(pc)
        break
      case Opcode.Pow:
        pow(pc)
        break
      case Opcode.Maximum:
        maximum(pc)
        break
      case Opcode.Minimum:
        minimum(pc)
        break
      case Opcode.Less:
        less(pc)
        break
      case Opcode.GreaterEqual:
        greaterEqual(pc)
        break
      case Opcode.Equal:
        equal(pc)
        break
      case Opcode.SigmoidGrad:
        sigmoidGrad(pc)
        break
      case Opcode.TanhGrad:
        tanhGrad(pc)
        break
      case Opcode.ReluGrad:
        reluGrad(pc)
        break
      case Opcode.SigmoidCrossEntropy:
        sigmoidCrossEntropy(pc)
        break
      case Opcode.Atan2:
        atan2(pc)
        break
      case Opcode.Mod:
        mod(pc)
        break
      case Opcode.NotEqual:
        notEqual(pc)
        break
      case Opcode.LogicalAnd:
        logicalAnd(pc)
        break
      case Opcode.LogicalOr:
        logicalOr(pc)
        break
      case Opcode.LogicalXor:
        logicalXor(pc)
        break
      case Opcode.GeluGrad:
        geluGrad(pc)
        break
      case Opcode.GeluTanhGrad:
        geluTanhGrad(pc)
        break
      case Opcode.GeluSlope:
        geluSlope(pc)
        break
      case Opcode.GeluTanhSlope:
        geluTanhSlope(pc)
        break
      case Opcode.SiluGrad:
        siluGrad(pc)
        break
      case Opcode.MishGrad:
        mishGrad(pc)
        break
      case Opcode.HardSwishGrad:
        hardSwishGrad(pc)
        break
      case Opcode.LeakyReluGrad:
        leakyReluGrad(pc)
        break
      case Opcode.EluGrad:
        eluGrad(pc)
        break
      case Opcode.ClipGrad:
        clipGrad(pc)
        break
      case Opcode.OpenClipGrad:
        openClipGrad(pc)
        break
      case Opcode.SigmoidCrossEntropyGrad:
        sigmoidCrossEntropyGrad(pc)
        break
      case Opcode.SigmoidCrossEntropyMean:
        sigmoidCrossEntropyMean(pc)
        break
      case Opcode.Where:
        where(pc)
        break
      case Opcode.Copy:
        copy(pc)
        break
      case Opcode.Fill:
        fill(pc)
        break
      case Opcode.Gather:
        if (!gather(pc)) return pc
        break
      case Opcode.ScatterAdd:
        if (!scatterAdd(pc)) return pc
        break
      case Opcode.OneHot:
        oneHot(pc)
        break
      case Opcode.Sum:
        sumAlong(pc)
        break
      case Opcode.Mean:
        meanAlong(pc)
        break
      case Opcode.Max:
        maxAlong(pc)
        break
      case Opcode.Min:
        minAlong(pc)
        break
      case Opcode.Prod:
        prodAlong(pc)
        break
      case Opcode.Norm:
        norm(pc)
        break
      case Opcode.Variance:
        variance(pc)
        break
      case Opcode.ArgMax:
        argMax(pc)
        break
      case Opcode.CumulativeSum:
        cumulativeSum(pc)
        break
      case Opcode.ProductOfOthers:
        productOfOthers(pc)
        break
      case Opcode.Softmax:
        softmax(pc)
        break
      case Opcode.LogSoftmax:
        logSoftmax(pc)
        break
      case Opcode.SoftmaxGrad:
        softmaxGrad(pc)
        break
      case Opcode.LogSoftmaxGrad:
        logSoftmaxGrad(pc)
        break
      case Opcode.SoftmaxCrossEntropy:
        softmaxCrossEntropy(pc)
        break
      case Opcode.SparseSoftmaxCrossEntropy:
        if (!sparseSoftmaxCrossEntropy(pc)) return pc
        break
      case Opcode.Attention:
        attention(pc)
        break
      case Opcode.AttentionGrad:
        attentionGrad(pc)
        break
      case Opcode.NormalizeRows:
        normalizeRows(pc)
        break
      case Opcode.NormalizeRowsGrad:
        normalizeRowsGrad(pc)
        break
      case Opcode.NormalizeRowsGammaGrad:
        normalizeRowsGammaGrad(pc)
        break
      case Opcode.ChannelVariance:
        channelVariance(pc)
        break
      case Opcode.BatchNorm:
        batchNorm(pc)
        break
      case Opcode.BatchNormGrad:
        batchNormGrad(pc)
        break
      case Opcode.BatchNormGammaGrad:
        batchNormGammaGrad(pc)
        break
      case Opcode.RandomUniform:
        randomUniform(pc)
        break
      case Opcode.RandomNormal:
        randomNormal(pc)
        break
      case Opcode.RandomPermutation:
        randomPermutation(pc)
        break
      case Opcode.Dropout:
        dropout(pc)
        break
      case Opcode.MatmulNN:
        matmul(false, false, pc)
        break
      case Opcode.MatmulNT:
        matmul(false, true, pc)
        break
      case Opcode.MatmulTN:
        matmul(true, false, pc)
        break
      case Opcode.MatmulSmall:
        matmulSmall(pc)
        break
      case Opcode.MatmulTile:
        matmulTile(pc)
        break
      case Opcode.BatchedMatmul:
        batchedMatmul(pc)
        break
      case Opcode.Convolution:
        convolution(pc)
        break
      case Opcode.ConvolutionInputGrad:
        convolutionInputGrad(pc)
        break
      case Opcode.ConvolutionWeightGrad:
        convolutionWeightGrad(pc)
        break
      case Opcode.Depthwise:
        depthwise(pc)
        break
      case Opcode.DepthwiseInputGrad:
        depthwiseInputGrad(pc)
        break
      case Opcode.DepthwiseWeightGrad:
        depthwiseWeightGrad(pc)
        break
      case Opcode.MaxPool:
        maxPool(pc)
        break
      case Opcode.MaxPoolGrad:
        maxPoolGrad(pc)
        break
      case Opcode.MaxPoolPick:
        maxPoolPick(pc)
        break
      case Opcode.AveragePool:
        averagePool(pc)
        break
      case Opcode.AveragePoolGrad:
        averagePoolGrad(pc)
        break
      case Opcode.Sgd:
        sgd(pc)
        break
      case Opcode.Momentum:
        momentum(pc)
        break
      case Opcode.Adam:
        adam(pc)
        break
      case Opcode.Adamax:
        adamax(pc)
        break
      case Opcode.Nadam:
        nadam(pc)
        break
      case Opcode.RmsProp:
        rmsProp(pc)
        break
      case Opcode.Adagrad:
        adagrad(pc)
        break
      case Opcode.Adadelta:
        adadelta(pc)
        break
      case Opcode.Lion:
        lion(pc)
        break
      case Opcode.GatherRows:
        gatherRows(pc)
        break
      case Opcode.Watch:
        watch(pc)
        break
      case Opcode.SkipUnless:
        pc += skipped(pc)
        break
      case Opcode.Record:
        if (!record(pc)) return pc
        break
      case Opcode.NextBatch:
        nextBatch(pc)
        break
      case Opcode.Accumulate:
        accumulate(pc)
        break
      case Opcode.SquaredNorm:
        squaredNorm(pc)
        break
      case Opcode.ClipByNorm:
        clipByNorm(pc)
        break
      case Opcode.ClipByValue:
        clipByValue(pc)
        break
      case Opcode.NextRate:
        nextRate(pc)
        break
      case Opcode.Average:
        average(pc)
        break
      case Opcode.NextKey:
        nextKey(pc)
        break
      case Opcode.MultiplyAdds:
        multiplyAdds(pc)
        break
      default:
        unreachable()
    }
    pc += (head >>> 16) << 2
  }
}

/** Bytes that a thread needs beside its copies of instructions: what the first has in static memory. */
export const panelBytes: usize = matmulBytes + convolutionBytes + drawnBytes

/**
 * Says how many threads share work, which of them this is (0 runs the programs), and where its copies of instructions
 * and its panels may lie.
 */
export function joinThreads(count: u32, part: u32, copy: usize, panels: usize): void {
  enterThreads(count, part)
  copyAt = copy
  if (part == 0) return
  movePanels(panels)
  moveTiles(panels + matmulBytes)
  moveDrawn(panels + matmulBytes + convolutionBytes)
}
