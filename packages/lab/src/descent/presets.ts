// Bowls to begin with: the lecture's, and one for each way in which a descent can end.
import type { DescentDocument } from './document.js'
import { racer } from './racers.js'

export type BowlName =
  | 'lecture'
  | 'line'
  | 'round'
  | 'valley'
  | 'saddle'
  | 'hollows'
  | 'plateau'
  | 'rosenbrock'
  | 'cliff'

/** What a preset sets of a document; the rest is as at the beginning. */
export type Preset = Pick<DescentDocument, 'cost' | 'points' | 'start' | 'rate'> & Partial<DescentDocument>

/** Points of the lecture, on which H = wx with w = 1 is right. */
export const lecturePoints = [
  [1, 1],
  [2, 2],
  [3, 3],
] as const

const race = [racer('sgd'), racer('momentum'), racer('rmsProp'), racer('adam')]

export const presets: { readonly [Name in BowlName]: Preset } = {
  lecture: { cost: 'mean((w*x - y)^2)', points: lecturePoints, start: [-1], rate: 0.03 },
  line: {
    cost: 'mean((w*x + b - y)^2)',
    points: lecturePoints,
    start: [-1.5, 2.5],
    rate: 0.16,
    racers: race,
    ranges: [
      [-2, 4],
      [-2, 3.9],
    ],
  },
  round: { cost: 'x^2 + y^2', points: [], start: [-2.2, 1.4], rate: 0.1 },
  valley: { cost: '(x^2 + 20*y^2)/10', points: [], start: [-2.6, 0.9], rate: 0.45, racers: race },
  saddle: {
    cost: 'x^2 - y^2 + y^4/2',
    points: [],
    start: [-1.6, 0],
    rate: 0.1,
    ranges: [
      [-2, 2],
      [-1.6, 1.6],
    ],
  },
  hollows: { cost: 'w^4 - 3*w^2 + w', points: [], start: [2], rate: 0.02, ranges: [[-2.4, 2.4]] },
  plateau: { cost: '1 - exp(-w^2)', points: [], start: [2.6], rate: 0.4, ranges: [[-3.4, 3.4]] },
  rosenbrock: {
    cost: '(1 - x)^2 + 100*(y - x^2)^2',
    points: [],
    start: [-1.2, 1],
    rate: 0.001,
    racers: race,
    ranges: [
      [-2, 2],
      [-0.8, 2.4],
    ],
  },
  cliff: {
    cost: 'w^2/8 + 2*sigmoid(12*(w - 1))',
    points: [],
    start: [3],
    rate: 0.6,
    ranges: [[-5, 4]],
  },
}

export const bowlNames = Object.keys(presets) as readonly BowlName[]
