import { expect, test } from '@jest/globals'
import { createMeter } from '../../../shared/runtime/metrics.ts'

test('a figure is one line that CloudWatch reads: for the stack, and by its dimensions', () => {
  const lines: string[] = []
  const meter = createMeter({
    stack: 'codecommit-relay-dev',
    now: () => 7,
    write: (line) => lines.push(line),
  })
  meter.put('HandOvers', 1, 'Count')
  meter.put('ReplicaLag', 812, 'Milliseconds', { ReplicaRegion: 'eu-west-1' })
  const metric = (Name: string, Unit: string, more: string[][]) => ({
    Timestamp: 7,
    CloudWatchMetrics: [
      { Namespace: 'CodeCommitRelay', Dimensions: [['Stack'], ...more], Metrics: [{ Name, Unit }] },
    ],
  })
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { _aws: metric('HandOvers', 'Count', []), Stack: 'codecommit-relay-dev', HandOvers: 1 },
    {
      _aws: metric('ReplicaLag', 'Milliseconds', [['Stack', 'ReplicaRegion']]),
      Stack: 'codecommit-relay-dev',
      ReplicaRegion: 'eu-west-1',
      ReplicaLag: 812,
    },
  ])
})
