// What the Descent place says of a step is true, in both languages.
import {
  type BowlName,
  bowlNames,
  compileBowl,
  descend,
  lowestOf,
  presets,
  type Rule,
  racer,
  regimes,
  steepestOf,
  whole,
} from '@bp/lab'
import { describe, expect, test } from 'vitest'
import { ballOf, nearestStep, type Scene } from '../src/descent/scene.js'
import { endOf, reasonOf } from '../src/descent/sentence.js'
import { plainly } from '../src/parts/sentence.js'
import { descent as en } from '../src/texts/en/descent.js'
import { descent as ko } from '../src/texts/ko/descent.js'

function sceneOf(name: BowlName, step: number, rate: number = presets[name].rate, rule: Rule = 'sgd'): Scene {
  const { cost, points, start } = presets[name]
  const bowl = compileBowl(cost, points)
  const paths = whole(descend(bowl, { start, rate, racers: [racer(rule)] }))
  const lowest = whole(lowestOf(bowl))
  const steepest = steepestOf(bowl, lowest, start)
  const lead = paths[0]!
  return {
    bowl,
    start,
    rate,
    ranges: [],
    paths,
    lead,
    total: lead.steps.length - 1,
    step,
    lowest,
    steepest,
    regimes: steepest && regimes(lead.racer, steepest.value),
  }
}

const nowhere = () => {}

describe('the reason of a step', () => {
  test.each([
    ['lecture', 0.05, 1, 'sgd', /^Downhill, and still on the same side: the slope is 0\.533 times/],
    ['lecture', 0.005, 1, 'sgd', /^It creeps: the slope is still 0\.953 times/],
    ['lecture', 0.18, 1, 'sgd', /^Too far: .* yet lower\. α times the curvature is 1\.68, more than 1/],
    ['lecture', 0.25, 1, 'sgd', /^Too far, and no lower than before: .* 2\.33/],
    ['line', 0.16, 1, 'sgd', /^It zigzags: the valley is 46\.1 times as steep across/],
    ['plateau', 0.4, 1, 'sgd', /^Steeper than before/],
    ['lecture', 0.03, 3, 'momentum', /^Earlier slopes add up/],
    ['lecture', 0.03, 1, 'adam', /steep or not, the step is 1 times α/],
    ['lecture', 0.03, 0, 'sgd', /^Uphill is to the left, so the step will go right/],
    ['hollows', 0.02, 0, 'sgd', /^Uphill is to the right, so the step will go left/],
    ['line', 0.16, 0, 'sgd', /^The arrow points uphill/],
  ] as const)('on %s at α = %s, step %s of %s: %s', (name, rate, step, rule, said) => {
    const reason = reasonOf(sceneOf(name, step, rate, rule), en, nowhere)
    expect(plainly(reason)).toMatch(said)
    expect(plainly(reasonOf(sceneOf(name, step, rate, rule), ko, nowhere))).toMatch(/[가-힣]/)
  })
})

describe('the end of a path', () => {
  test.each([
    ['lecture', 0.05, /this is the lowest point/],
    ['lecture', 0.3, /It flies out: from step 0 on/],
    ['saddle', 0.1, /^A saddle/],
    ['hollows', 0.02, /^A hollow: .* There is one of cost −3\.51/],
    ['plateau', 0.4, /the cost rises on all sides/],
    ['rosenbrock', 0.001, /still moves after 400 steps/],
  ] as const)('of %s at α = %s: %s', (name, rate, said) => {
    const scene = sceneOf(name, 400, rate)
    expect(plainly(endOf(scene, en, nowhere)!)).toMatch(said)
    expect(endOf({ ...scene, step: scene.total - 1 }, en, nowhere)).toBeNull()
  })
})

test('a sentence has the same numbers in both languages', () => {
  const templates = (texts: object): [string, string[]][] =>
    Object.entries(texts).flatMap(([name, text]) =>
      typeof text === 'string'
        ? [[name, (text.match(/\{\w+\}/g) ?? []).sort()] as [string, string[]]]
        : typeof text === 'object'
          ? templates(text).map(([inner, found]): [string, string[]] => [`${name}.${inner}`, found])
          : [],
    )
  expect(templates(ko)).toEqual(templates(en))
})

test('an axis leads to the step that was nearest to it', () => {
  const scene = sceneOf('lecture', 400, 0.05)
  for (const value of [-1, -0.2, 0.5, 1]) {
    const index = nearestStep(scene.lead, scene.step, 0, value)
    const away = (at: number) => Math.abs(scene.lead.steps[at]!.position[0]! - value)
    for (let other = 0; other < scene.lead.steps.length; other++)
      expect(away(index)).toBeLessThanOrEqual(away(other))
  }
  expect(ballOf(scene.lead, 9999)).toBe(scene.lead.steps.at(-1))
  expect(bowlNames.every((name) => en.bowlNames[name] && ko.bowlNames[name])).toBe(true)
})
