import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import TestSequencer from '@jest/test-sequencer'

const TESTS = resolve(import.meta.dirname, '..')

/** The suites that take longest, longest first. */
const LONG = [
  'scenarios/operator',
  'stack/package',
  'chaos/sweep',
  'scenarios/kill',
  'scenarios/start',
  'containers/mirror/main',
  'scenarios/pushes',
  'scenarios/settings',
  'scenarios/secrets',
  'scenarios/hostile-scan',
  'containers/mirror/mirror',
  'shared/replication/guard/parking',
  'chaos/chaos',
  'scenarios/events',
  'shared/replication/relay/relay',
  'scenarios/up',
  'shared/scanning/rules/prefilter',
  'functions/sweep/handler',
  'shared/replication/relay/codecommit',
  'shared/replication/relay/guard',
  'local/codecommit/profile',
  'scenarios/hand-over',
  'scenarios/undo',
  'shared/replication/relay/fallbacks',
  'local/codecommit/access',
  'shared/scanning/walk/walk',
  'shared/scanning/walk/hostile',
  'functions/scan/handler',
  'local/codecommit/crash',
  'local/codecommit/ssh',
  'local/lambda/invoke',
  'local/lambda/mapping',
  'scenarios/accounts',
  'local/codecommit/push',
  'local/codecommit/pull-requests/access',
  'scenarios/scan-task',
  'scenarios/second-terminal',
  'scenarios/failures',
  'scenarios/keys',
  'shared/git/pack/hostile',
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
