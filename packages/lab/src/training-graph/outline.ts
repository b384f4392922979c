// Operations as an indented list of scopes, which open and close.
import { type Operation, type Operations, ownName, scopesOf } from './operations.js'

export type ScopeRow =
  | {
      readonly kind: 'scope'
      readonly name: string
      readonly label: string
      readonly depth: number
      /** Operations inside. */
      readonly count: number
      readonly open: boolean
    }
  | {
      readonly kind: 'operation'
      readonly name: string
      readonly label: string
      readonly depth: number
      readonly operation: Operation
    }

/** `opened`: names of scopes; `null` for all. What is in a closed scope is not listed. */
export function scopeOutline(operations: Operations, opened: ReadonlySet<string> | null): ScopeRow[] {
  const counts = new Map<string, number>()
  // A scope is where its first operation is.
  const children = new Map<string, (string | Operation)[]>([['', []]])
  for (const operation of operations.values()) {
    let outer = ''
    for (const scope of scopesOf(operation.name)) {
      if (!children.has(scope)) {
        children.set(scope, [])
        children.get(outer)!.push(scope)
      }
      counts.set(scope, (counts.get(scope) ?? 0) + 1)
      outer = scope
    }
    children.get(outer)!.push(operation)
  }
  const rows: ScopeRow[] = []
  const walk = (scope: string, depth: number) => {
    for (const child of children.get(scope)!) {
      if (typeof child !== 'string') {
        const { name } = child
        rows.push({ kind: 'operation', name, label: ownName(name), depth, operation: child })
        continue
      }
      const open = opened === null || opened.has(child)
      rows.push({ kind: 'scope', name: child, label: ownName(child), depth, count: counts.get(child)!, open })
      if (open) walk(child, depth + 1)
    }
  }
  walk('', 0)
  return rows
}
