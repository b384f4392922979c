// @bp/core.
import { CannotRun, type Open } from '../contender.js'

export const open: Open = (caseId) => {
  throw new CannotRun(`has no program for ${caseId} yet`)
}
