// `bp check`: whether the derivatives of an expression agree with central differences.
import { checkDerivative, type DerivativeCheck, formatNumber } from '@bp/lab'
import { visible } from '../fit.js'
import { inColumns, noScreen } from '../lines.js'
import { readArguments } from '../options.js'
import { jsonLine, print } from '../output.js'
import { UsageError } from '../usage-error.js'
import { checkOptions } from './options.js'
import { readSubject } from './source.js'

/** Runs the command and returns the exit code: 1 if a derivative is wrong. */
export function check(args: readonly string[]): number {
  const { given, rest } = readArguments(args, checkOptions)
  if (rest.length > 1)
    throw new UsageError(`check takes one expression; put quotes around it: "${rest.join(' ')}"`)
  const form = noScreen('check', given.ui)
  const {
    title,
    document,
    picture: { graph },
  } = readSubject(rest[0], given)
  const checks = [...graph.variables.keys()].map((name) => checkDerivative(graph, name, document.target))
  if (checks.length === 0) throw new UsageError(`${title} has no variables, so no derivatives to check`)
  print(`${(form === 'json' ? checks.map(inJson) : inLines(title, checks)).join('\n')}\n`)
  return checks.every(({ passes }) => passes) ? 0 : 1
}

const inJson = (check: DerivativeCheck) => jsonLine({ type: 'check', ...check })

function inLines(title: string, checks: readonly DerivativeCheck[]): string[] {
  return [
    visible(title),
    '',
    ...inColumns([
      ['variable', 'derivative', 'measured', 'off by, relative', 'h', ''],
      ...checks.map(({ name, element, derivative, estimates, best, passes }) => [
        estimates.length > 0 && element > 0 ? `${name}, element ${element}` : name,
        formatNumber(derivative),
        formatNumber(estimates.find(({ h }) => h === best.h)!.estimate),
        formatNumber(best.error, 3),
        String(best.h),
        passes ? '✓' : '✗ wrong, or not smooth here',
      ]),
    ]),
    '',
    'measured: (f(x + h) − f(x − h)) / 2h, with the h from 0.1 to 1e-12 that fits best',
  ]
}
