import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

// Loaded before the product's own bundles: their clock, and the pauses they make, run faster, so that a lease of a minute ends
// within seconds. All processes of one world have the same clock.
const begun = Number(process.env.CHAOS_BEGUN)
const pace = Number(process.env.CHAOS_PACE)
const real = Date.now
Date.now = () => Math.floor(begun + (real() - begun) * pace)
const pause = timers.setTimeout
timers.setTimeout = ((milliseconds = 0, ...rest: []) => pause(milliseconds / pace, ...rest)) as typeof pause
syncBuiltinESMExports()
