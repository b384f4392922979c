// The interpreter: reads a program out of memory and runs it, one or many times, in one call.
//
// A program is a row of 32-bit words: an opcode, its operands, the next opcode, and so on to `End`. Every
// address in it is resolved. Each handler is a function of its own, so the engine optimises its loop alone.
import { Opcode } from '../src/opcodes'
import { binary, ternary, unary } from './elementwise'
import { matmul, matmulSmall, matmulTile } from './matmul'
import { argMax, logSoftmax, reduce, softmax, softmaxCrossEntropy, softmaxCrossEntropyGrad, stridedCopy } from './rows'
import { adam, gatherRows, momentum, nextBatch, record, sgd } from './training'

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
  reduce(Opcode.Mean, pc)
}
function maxAlong(pc: usize): void {
  reduce(Opcode.Max, pc)
}
function minAlong(pc: usize): void {
  reduce(Opcode.Min, pc)
}

/** Bytes of an instruction with so many operands. */
// @ts-ignore: decorator
@inline
function words(operands: i32): usize {
  return (operands + 1) << 2
}

/** Runs the program once; returns false when a recorded loss was not finite. */
function once(pc: usize): bool {
  while (true) {
    switch (load<i32>(pc)) {
      case Opcode.End:
        return true
      case Opcode.Neg:
        neg(pc)
        pc += words(3)
        break
      case Opcode.Abs:
        abs(pc)
        pc += words(3)
        break
      case Opcode.Sign:
        sign(pc)
        pc += words(3)
        break
      case Opcode.Square:
        square(pc)
        pc += words(3)
        break
      case Opcode.Sqrt:
        sqrt(pc)
        pc += words(3)
        break
      case Opcode.Reciprocal:
        reciprocal(pc)
        pc += words(3)
        break
      case Opcode.Exp:
        exp(pc)
        pc += words(3)
        break
      case Opcode.Log:
        log(pc)
        pc += words(3)
        break
      case Opcode.Log1p:
        log1p(pc)
        pc += words(3)
        break
      case Opcode.Tanh:
        tanh(pc)
        pc += words(3)
        break
      case Opcode.Sigmoid:
        sigmoid(pc)
        pc += words(3)
        break
      case Opcode.Relu:
        relu(pc)
        pc += words(3)
        break
      case Opcode.Softplus:
        softplus(pc)
        pc += words(3)
        break
      case Opcode.Add:
        add(pc)
        pc += words(9)
        break
      case Opcode.Sub:
        sub(pc)
        pc += words(9)
        break
      case Opcode.Mul:
        mul(pc)
        pc += words(9)
        break
      case Opcode.Div:
        div(pc)
        pc += words(9)
        break
      case Opcode.Pow:
        pow(pc)
        pc += words(9)
        break
      case Opcode.Maximum:
        maximum(pc)
        pc += words(9)
        break
      case Opcode.Minimum:
        minimum(pc)
        pc += words(9)
        break
      case Opcode.Less:
        less(pc)
        pc += words(9)
        break
      case Opcode.GreaterEqual:
        greaterEqual(pc)
        pc += words(9)
        break
      case Opcode.Equal:
        equal(pc)
        pc += words(9)
        break
      case Opcode.SigmoidGrad:
        sigmoidGrad(pc)
        pc += words(9)
        break
      case Opcode.TanhGrad:
        tanhGrad(pc)
        pc += words(9)
        break
      case Opcode.ReluGrad:
        reluGrad(pc)
        pc += words(9)
        break
      case Opcode.SigmoidCrossEntropy:
        sigmoidCrossEntropy(pc)
        pc += words(9)
        break
      case Opcode.SigmoidCrossEntropyGrad:
        sigmoidCrossEntropyGrad(pc)
        pc += words(8)
        break
      case Opcode.Where:
        where(pc)
        pc += words(8)
        break
      case Opcode.StridedCopy:
        stridedCopy(pc)
        pc += words(3) + (load<u32>(pc, 12) << 3)
        break
      case Opcode.Sum:
        sumAlong(pc)
        pc += words(5)
        break
      case Opcode.Mean:
        meanAlong(pc)
        pc += words(5)
        break
      case Opcode.Max:
        maxAlong(pc)
        pc += words(5)
        break
      case Opcode.Min:
        minAlong(pc)
        pc += words(5)
        break
      case Opcode.ArgMax:
        argMax(pc)
        pc += words(5)
        break
      case Opcode.Softmax:
        softmax(pc)
        pc += words(4)
        break
      case Opcode.LogSoftmax:
        logSoftmax(pc)
        pc += words(4)
        break
      case Opcode.SoftmaxCrossEntropy:
        softmaxCrossEntropy(pc)
        pc += words(5)
        break
      case Opcode.SoftmaxCrossEntropyGrad:
        softmaxCrossEntropyGrad(pc)
        pc += words(6)
        break
      case Opcode.MatmulNN:
        matmul(false, false, pc)
        pc += words(10)
        break
      case Opcode.MatmulNT:
        matmul(false, true, pc)
        pc += words(10)
        break
      case Opcode.MatmulTN:
        matmul(true, false, pc)
        pc += words(10)
        break
      case Opcode.MatmulSmall:
        matmulSmall(pc)
        pc += words(13)
        break
      case Opcode.MatmulTile:
        matmulTile(pc)
        pc += words(15)
        break
      case Opcode.Sgd:
        sgd(pc)
        pc += words(4)
        break
      case Opcode.Momentum:
        momentum(pc)
        pc += words(5)
        break
      case Opcode.Adam:
        adam(pc)
        pc += words(6)
        break
      case Opcode.GatherRows:
        gatherRows(pc)
        pc += words(6)
        break
      case Opcode.Record:
        if (!record(pc)) return false
        pc += words(3)
        break
      case Opcode.NextBatch:
        nextBatch(pc)
        pc += words(2)
        break
      default:
        unreachable()
    }
  }
}

/** Runs the program at `program` up to `times` times; stops early when a recorded loss is not finite. */
export function run(program: usize, times: u32): void {
  for (let i: u32 = 0; i < times; i++) if (!once(program)) return
}
