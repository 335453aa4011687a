import type { Decision, Log } from './contracts.ts'
import type { PlannedFaults } from './faults/faults.ts'
import type { Answer } from './gateway/answers.ts'
import { type Control, plainJson } from './gateway/control.ts'

interface Needs {
  readonly reset: () => Promise<void>
  readonly faults: PlannedFaults
  /** refusals, oldest first */
  readonly denials: () => readonly Decision[]
  readonly log: Log
}

/**
 * What can be asked of the cloud itself: `POST /_relay/reset`, `GET|PUT|DELETE /_relay/faults`, `GET /_relay/denials`.
 * @returns undefined for a path that is not known here
 */
export const createControl =
  ({ reset, faults, denials, log }: Needs): Control =>
  async ({ method, path, body }) => {
    switch (path) {
      case '/_relay/reset':
        if (method !== 'POST') return wrongMethod('POST')
        await reset()
        return plainJson(200, { reset: true })
      case '/_relay/faults':
        if (method === 'GET') return plainJson(200, faults.report())
        if (method !== 'PUT' && method !== 'DELETE') return wrongMethod('GET, PUT, DELETE')
        return method === 'DELETE' ? plan(faults, { rules: [] }) : planFrom(faults, body, log)
      case '/_relay/denials':
        return method === 'GET' ? plainJson(200, { denials: denials() }) : wrongMethod('GET')
      default:
        return undefined
    }
  }

/** The checks of a plan are loaded when somebody brings one: most clouds never see one. */
const planFrom = async (faults: PlannedFaults, body: Buffer, log: Log): Promise<Answer> => {
  const { parseFaultPlan, FaultPlanError } = await import('./faults/plan.ts')
  try {
    const parsed = parseFaultPlan(JSON.parse(body.toString('utf8')))
    log('faults', 'a plan was taken', { rules: parsed.rules.length, seed: parsed.seed })
    return plan(faults, parsed)
  } catch (error) {
    if (error instanceof SyntaxError) return plainJson(400, { problems: ['the plan is not JSON'] })
    if (error instanceof FaultPlanError) return plainJson(400, { problems: error.problems })
    throw error
  }
}

const plan = (faults: PlannedFaults, value: Parameters<PlannedFaults['plan']>[0]): Answer => {
  faults.plan(value)
  return plainJson(200, faults.report())
}

const wrongMethod = (allow: string): Answer => ({
  ...plainJson(405, { error: `${allow} is needed here` }),
  headers: { 'content-type': 'application/json', allow },
})
