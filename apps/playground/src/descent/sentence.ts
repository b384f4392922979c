// The reason and the end of a step, as sentences whose numbers can be pressed.
import { accountOf, type Bowl, curvatureOf, formatNumber, regimeAt } from '@bp/lab'
import type { Said, SentenceNumber } from '../parts/sentence.js'
import type { Texts } from '../shell/language.js'
import { reached, type Scene } from './scene.js'

/** From this many times on, a bowl is a valley. */
const valley = 4

/** Why the leading ball did what it did in its last step; at the start, what it is about to do. */
export function reasonOf(scene: Scene, texts: Texts['descent'], go: (step: number) => void): Said {
  const { lead, bowl, rate } = scene
  const at = reached(lead, scene.step)
  const { position, cost, slopes } = lead.steps[at]!
  // What it landed on is no number: how it ends says all there is.
  if (!Number.isFinite(cost)) return { text: '', numbers: {} }
  if (at === 0) {
    if (lead.steps.length === 1) return { text: '', numbers: {} }
    const { right, left, plane } = texts.dropped
    return { text: slopes.length > 1 ? plane : slopes[0]! > 0 ? right : left, numbers: {} }
  }
  const { reason, curvature, from } = accountOf(lead, at, rate)
  const back = () => go(at - 1)
  const number = (value: number, label: string = texts.factor): SentenceNumber => ({
    value,
    kind: 'descent.factor',
    label,
    from: back,
  })
  const ratio = steepness(bowl, from.position)
  const product = number(rate * curvature, `α · ${texts.curvature}`)
  const { reasons } = texts
  switch (reason.kind) {
    case 'approached': {
      const left = number(reason.left)
      if (reason.left > 0.9) {
        const creeps = scene.regimes && regimeAt(scene.regimes, rate) === 'creeps'
        if (creeps && lead.racer.rule === 'sgd') return { text: reasons.creeping, numbers: { left } }
        if (bowl.quadratic && ratio > valley)
          return { text: reasons.along, numbers: { ratio: number(ratio) } }
      }
      return reason.left === 1
        ? { text: reasons.straight, numbers: {} }
        : { text: reasons.approached, numbers: { left } }
    }
    case 'overshot':
      return bowl.quadratic && ratio > valley && position.length > 1
        ? { text: reasons.overshotAcross, numbers: { ratio: number(ratio), product } }
        : { text: reasons.overshot, numbers: { product } }
    case 'climbed':
      return { text: reasons.climbed, numbers: { product } }
    case 'gathered':
    case 'scaled':
      return { text: reasons[reason.kind], numbers: { times: number(reason.times) } }
    default:
      return { text: reasons[reason.kind], numbers: {} }
  }
}

/** How many times as steep the steepest direction is as the flattest; 0 where it does not bend upwards. */
function steepness(bowl: Bowl, position: readonly number[]): number {
  const { values } = curvatureOf(bowl.at(position).hessian)
  return values[0]! > 0 ? values.at(-1)! / values[0]! : 0
}

/** How the leading ball has ended, if it has. */
export function endOf(scene: Scene, texts: Texts['descent'], go: (step: number) => void): Said | null {
  const { lead, lowest, bowl } = scene
  const at = reached(lead, scene.step)
  if (at < lead.steps.length - 1) return null
  const { end } = lead
  const { ends, places } = texts
  const step = (value: number): SentenceNumber => ({
    value,
    kind: 'descent.step',
    label: texts.stepNumber,
    from: () => go(value),
  })
  switch (end.kind) {
    case 'arrived': {
      if (end.place !== 'minimum') return { text: places[end.place], numbers: {} }
      if (at === 0) return { text: places.minimum, numbers: {} }
      const { cost } = lead.steps[at]!
      if (lowest && cost - lowest.cost > 1e-6 * Math.max(1, Math.abs(lowest.cost)))
        return {
          text: ends.hollow,
          numbers: {
            lowest: {
              value: lowest.cost,
              kind: 'descent.cost',
              label: texts.costNumber,
              tone: 'forward',
              from: () => go(at),
            },
          },
        }
      return { text: bowl.quadratic?.lowest ? ends.bottom : ends.minimum, numbers: {} }
    }
    case 'flew':
      return { text: ends.flew, numbers: { from: step(end.from) } }
    case 'notFinite':
      return { text: ends.notFinite(end.text, formatNumber(end.value)), numbers: {} }
    case 'moving':
      return bowl.quadratic?.bottomless
        ? { text: ends.bottomless, numbers: {} }
        : { text: ends.moving, numbers: { steps: step(at) } }
    default:
      return { text: ends.bottomless, numbers: {} }
  }
}
