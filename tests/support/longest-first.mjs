import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import TestSequencer from '@jest/test-sequencer'

const TESTS = resolve(import.meta.dirname, '..')

/** The suites that take longest, longest first. */
const LONG = [
  'stack/package',
  'scenarios/kill',
  'containers/mirror/main',
  'scenarios/operator',
  'scenarios/start',
  'chaos/sweep',
  'local/codecommit/crash',
  'shared/git/pack/hostile',
  'local/codecommit/push',
  'scenarios/settings',
  'shared/replication/guard/parking',
  'scenarios/hand-over',
  'containers/mirror/mirror',
  'scenarios/events',
  'scenarios/failures',
  'shared/replication/relay/guard',
  'chaos/chaos',
  'scenarios/secrets',
  'functions/sweep/handler',
  'functions/scan/handler',
  'scenarios/accounts',
  'scenarios/pushes',
  'shared/replication/relay/relay',
  'scenarios/keys',
  'scenarios/up',
].map((name) => join(TESTS, `${name}.test.ts`))

/**
 * Jest test sequencer. Jest knows from its cache how long suites took, and in a fresh clone nothing but how large their files are:
 * a long one that begins last keeps all but one core waiting.
 * @throws Error for a suite of the list that is not there
 */
export default class LongestFirst extends TestSequencer {
  constructor(options) {
    super(options)
    const gone = LONG.filter((path) => !existsSync(path))
    if (gone.length > 0)
      throw new Error(`no longer there, and named in longest-first.mjs: ${gone.join(', ')}`)
  }

  sort(tests) {
    const sorted = super.sort(tests)
    const rank = ({ path, duration }) => {
      const at = duration === undefined ? LONG.indexOf(path) : -1
      return at < 0 ? LONG.length : at
    }
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}
