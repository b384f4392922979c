// A transform of the AssemblyScript compiler: the loops that the interpreter imports are inlined where it calls them, so
// that each instruction is one function, which reads its operands and runs its loop.
import { Node, NodeKind } from 'assemblyscript'

export default class {
  afterParse({ sources }) {
    const statementsOf = (path) => sources.find(({ internalPath }) => internalPath === path).statements
    for (const { kind, internalPath, declarations } of statementsOf('assembly/interpreter')) {
      if (kind !== NodeKind.Import) continue
      const names = new Set(declarations.map(({ name }) => name.text))
      for (const loop of statementsOf(internalPath)) {
        if (loop.kind !== NodeKind.FunctionDeclaration || !names.has(loop.name.text)) continue
        const inline = Node.createIdentifierExpression('inline', loop.range)
        loop.decorators = [Node.createDecorator(inline, null, loop.range)]
      }
    }
  }
}
