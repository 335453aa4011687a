import type { KillFault } from '../contracts.ts'

/**
 * Has a started process killed as a fault says.
 * @param kill ends the process; called at most once
 * @returns takes it back: the process has ended by itself
 */
export const armKill = ({ killAfterMs, killOn }: KillFault, kill: () => void): (() => void) => {
  let armed = true
  const strike = () => {
    if (!armed) return
    armed = false
    kill()
  }
  const timer = killAfterMs === undefined ? undefined : setTimeout(strike, killAfterMs)
  void killOn?.then(strike)
  return () => {
    armed = false
    clearTimeout(timer)
  }
}
