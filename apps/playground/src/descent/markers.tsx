// The mark of each racer: a shape and a colour of its own, so that neither is needed alone.
import type { Rule } from '@bp/lab'

/** The outline of a mark of radius `r` around a point. */
export function markPath(rule: Rule, x: number, y: number, r: number): string {
  const polygon = (corners: number, turn: number, size: number) =>
    Array.from({ length: corners }, (_, index) => {
      const angle = turn + (index * 2 * Math.PI) / corners
      const at = `${(x + size * Math.sin(angle)).toFixed(1)} ${(y - size * Math.cos(angle)).toFixed(1)}`
      return `${index === 0 ? 'M' : 'L'}${at}`
    }).join('')
  switch (rule) {
    case 'momentum':
      return `${polygon(4, Math.PI / 4, r * 1.2)}Z`
    case 'nesterov':
      return `${polygon(6, 0, r * 1.08)}Z`
    case 'rmsProp':
      return `${polygon(4, 0, r * 1.25)}Z`
    case 'adam':
      return `${polygon(3, 0, r * 1.35)}Z`
    default:
      return `M${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}A${r} ${r} 0 1 1 ${x - r} ${y}Z`
  }
}

/** The mark beside a name. */
export function Mark({ rule }: { readonly rule: Rule }) {
  return (
    <svg className="descent-mark" viewBox="0 0 16 16" aria-hidden="true">
      <path className={`descent-ball ${rule}`} d={markPath(rule, 8, 8, 5.2)} />
    </svg>
  )
}
