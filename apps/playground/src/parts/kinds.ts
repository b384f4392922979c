// The kinds of numbers on the page, by place. Each answers "where from?": a press leads to the step that made it.
export const kinds = {
  graph: ['value', 'derivative', 'tangent', 'part', 'local', 'predicted', 'real', 'measured', 'error'],
  descent: [
    'position',
    'cost',
    'slope',
    'direction',
    'memory',
    'rate',
    'curvature',
    'bound',
    'factor',
    'step',
    'axis',
  ],
  network: [
    'weight',
    'bias',
    'gradient',
    'loss',
    'output',
    'prediction',
    'reading',
    'count',
    'norm',
    'ratio',
    'input',
    'share',
    'speed',
  ],
  'training-graph': ['value', 'derivative', 'update', 'scalar', 'count'],
} as const

type Kinds = typeof kinds

/** `graph.value`, `descent.slope` … */
export type Kind = { [Place in keyof Kinds]: `${Place}.${Kinds[Place][number]}` }[keyof Kinds]
